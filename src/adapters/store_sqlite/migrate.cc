#include "migrations.h"

namespace gatehouse::adapters {
namespace {

Result<std::size_t> schema_number(Database& database) {
  GH_TRY(const std::int64_t number, database.ask_number("PRAGMA user_version"));
  return static_cast<std::size_t>(number);
}

// False: somebody else did it meanwhile.
Result<bool> do_step(Database& database, std::span<const MigrationStep> all, std::size_t done, const BeforeCommit& before_commit) {
  GH_TRY(Transaction transaction, Transaction::begin(database));
  GH_TRY(const std::size_t found, schema_number(database));
  if (found != done) return false;
  const std::size_t number = done + 1;
  GH_CHECK(database.run(("PRAGMA application_id = " + std::to_string(application_id)).c_str()));
  GH_CHECK(database.run(all[done].sql));
  GH_CHECK(database.run(("PRAGMA user_version = " + std::to_string(number)).c_str()));
  if (before_commit) GH_CHECK(before_commit(number));
  GH_CHECK(transaction.commit());
  return true;
}

}  // namespace

Status check_schema(Database& database, std::span<const MigrationStep> all, const std::string& name) {
  GH_TRY(const std::int64_t whose, database.ask_number("PRAGMA application_id"));
  GH_TRY(const std::int64_t objects, database.ask_number("SELECT count(*) FROM sqlite_schema"));
  GH_TRY(const std::int64_t number, database.ask_number("PRAGMA user_version"));
  if (whose != application_id && (whose != 0 || objects > 0 || number != 0)) {
    return operator_error("store_foreign", "'" + name + "' is a database of something else, not a Gatehouse's store");
  }
  if (number < 0 || static_cast<std::size_t>(number) > all.size()) {
    return operator_error("store_too_new", "'" + name + "' has schema " + std::to_string(number) + ", this Gatehouse knows " +
                                               std::to_string(all.size()) + ": start the newer Gatehouse that wrote it");
  }
  return ok();
}

Status migrate(Database& database, std::span<const MigrationStep> all, const BeforeCommit& before_commit) {
  for (;;) {
    GH_TRY(const std::size_t done, schema_number(database));
    if (done >= all.size()) return ok();
    GH_TRY([[maybe_unused]] const bool mine, do_step(database, all, done, before_commit));
  }
}

}  // namespace gatehouse::adapters
