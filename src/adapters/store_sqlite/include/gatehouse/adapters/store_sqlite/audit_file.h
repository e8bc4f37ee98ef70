// adapters/store_sqlite/audit_file.h — all of the audit trail in a store's file, for whoever verifies it.
// Threads  blocks: commands. A server may go on writing: one moment's state is read
// Errors   those of sqlite_store.h of a file that is there → operator
#pragma once
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "gatehouse/base/result.h"
#include "gatehouse/telemetry/audit_chain.h"

namespace gatehouse::adapters {

struct AuditReader {
  std::function<void(const telemetry::AuditHead&)> head;
  std::function<void(const telemetry::AuditRow&)> row;  // by chain, in the order in which they were kept
};

// Heads first. A store from before there was a trail has none.
Status read_audit(const std::filesystem::path& store, const AuditReader& reader);
// What the store's settings say under that name.
Result<std::optional<std::string>> read_setting(const std::filesystem::path& store, const std::string& name);

}  // namespace gatehouse::adapters
