// adapters/store_sqlite/migrations.h — the schema, as numbered steps from nothing to today.
// Rules    a step that was released is never changed. Each is one transaction together with its number, so that a start that was cut
//          off goes on where it stopped, and two starts at once do each step once
// Errors   store_too_new (written by a newer Gatehouse, nothing was changed), store_foreign (not a store) → operator; store_unavailable
#pragma once
#include <cstddef>
#include <functional>
#include <span>
#include <string>

#include "database.h"

namespace gatehouse::adapters {

struct MigrationStep {
  const char* what;
  const char* sql;
};
std::span<const MigrationStep> migration_steps();

// "GATE", where SQLite keeps whose a file is.
inline constexpr std::int64_t application_id = 0x47415445;

// A Gatehouse's store, or empty; and not newer than these steps.
Status check_schema(Database& database, std::span<const MigrationStep> steps, const std::string& name);

// Called in each step's transaction before it is committed, with the number that it leads to; an Error ends it there.
using BeforeCommit = std::function<Status(std::size_t number)>;
Status migrate(Database& database, std::span<const MigrationStep> steps, const BeforeCommit& before_commit = {});

}  // namespace gatehouse::adapters
