// app/audit_commands.h — audit list, tail and verify, and tenant export. Each returns the exit code of the process.
#pragma once
#include <cstddef>
#include <string>

#include "admin_commands.h"

namespace gatehouse::app {

struct AuditOptions {
  std::string tenant, user, key, since, until;  // empty: whatever
  std::string checkpoints;                      // a copy of the file of checkpoints, for verify; empty: the one in the data folder
  std::size_t limit = 100;
  bool follow = false;
};

// The newest first.
int audit_list(const AdminOptions& options, const AuditOptions& audit);
// The newest last. follow: then those that come, a line each, until the server that runs is gone.
int audit_tail(const AdminOptions& options, const AuditOptions& audit);
// All that is kept of a tenant, and its records, the newest first: one JSON document, written as it is read.
int tenant_export(const AdminOptions& options, const std::string& id);
// Reads the store and the checkpoints themselves, whether a server runs or not. exit_failed where something is not as it was written.
int audit_verify(const AdminOptions& options, const AuditOptions& audit);

}  // namespace gatehouse::app
