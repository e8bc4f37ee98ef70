// app/audit_commands.h — audit list, tail and verify. Each returns the exit code of the process.
#pragma once
#include <cstddef>
#include <string>

#include "admin_commands.h"

namespace gatehouse::app {

struct AuditOptions {
  std::string tenant, user, key, since, until;  // empty: whatever
  std::size_t limit = 100;
};

// The newest first.
int audit_list(const AdminOptions& options, const AuditOptions& audit);
// The newest last.
int audit_tail(const AdminOptions& options, const AuditOptions& audit);
// Reads the store and the checkpoints themselves, whether a server runs or not. exit_failed where something is not as it was written.
int audit_verify(const AdminOptions& options, const AuditOptions& audit);

}  // namespace gatehouse::app
