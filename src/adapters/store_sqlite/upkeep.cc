#include "gatehouse/adapters/store_sqlite/upkeep.h"

#include <algorithm>
#include <array>

#include "database.h"
#include "migrations.h"
#include "open.h"
#include "stores.h"

namespace gatehouse::adapters {
namespace {

// An older schema lacks some of these tables.
constexpr std::array newest_moments{
    "SELECT max(created_s) FROM tenants",      "SELECT max(max(created_s, coalesce(last_used_s, 0))) FROM api_keys",
    "SELECT max(created_s) FROM signing_keys", "SELECT max(max(created_s, updated_s)) FROM users",
    "SELECT max(last_used_s) FROM sessions",   "SELECT max(created_s) FROM tickets",
};

Result<std::size_t> number_in(Database& database) {
  GH_TRY(const std::int64_t number, database.ask_number("PRAGMA user_version"));
  return static_cast<std::size_t>(number);
}

// Of a file that is there, opened as little as it can be: its journal stays what it is.
Result<Database> open_as_it_is(const std::filesystem::path& store) {
  GH_CHECK(check_file(store, Missing::refuse));
  GH_TRY(Database database, Database::open(store.string(), SQLITE_OPEN_READWRITE));
  GH_CHECK(check_schema(database, migration_steps(), store.string()));
  return database;
}

Result<StoreLook> look(const std::filesystem::path& store) {
  GH_TRY(Database database, open_as_it_is(store));
  StoreLook found;
  GH_TRY(found.schema.found, number_in(database));
  found.schema.known = migration_steps().size();
  GH_TRY(found.verdict, database.ask("PRAGMA integrity_check(1)"));
  GH_TRY(const std::int64_t has_keys, database.ask_number("SELECT count(*) FROM sqlite_schema WHERE name = 'signing_keys'"));
  if (has_keys > 0) {
    GH_TRY(found.signing_keys, all_signing_keys(database));
  }
  std::int64_t newest_s = 0;
  for (const char* question : newest_moments) {
    const Result<std::int64_t> moment_s = database.ask_number(question);
    if (moment_s) newest_s = std::max(newest_s, *moment_s);
  }
  if (newest_s > 0) found.newest = std::chrono::sys_seconds(seconds(newest_s));
  return found;
}

Result<MigratedSchema> migrate_whole(const std::filesystem::path& store, const OnMigration& on_step) {
  GH_TRY(Database database, open_file(store));
  MigratedSchema done;
  GH_TRY(done.from, number_in(database));
  const auto all = migration_steps();
  const BeforeCommit note = [&](std::size_t number) {
    done.applied.emplace_back(all[number - 1].what);
    if (on_step) on_step(number, all.size(), done.applied.back());
    return ok();
  };
  GH_CHECK(migrate(database, all, note));
  GH_TRY(done.to, number_in(database));
  return done;
}

}  // namespace

Result<SchemaNumbers> schema_of(const std::filesystem::path& store) {
  Result<Database> database = open_as_it_is(store);
  if (!database) return in_operators_words(store.string(), database.error());
  const Result<std::size_t> found = number_in(*database);
  if (!found) return in_operators_words(store.string(), found.error());
  return SchemaNumbers{*found, migration_steps().size()};
}

Result<MigratedSchema> migrate_store(const std::filesystem::path& store, const OnMigration& on_step) {
  GH_CHECK(check_file(store, Missing::refuse));
  Result<MigratedSchema> done = migrate_whole(store, on_step);
  if (!done) return in_operators_words(store.string(), done.error());
  return done;
}

Result<StoreLook> look_into_store(const std::filesystem::path& store) {
  Result<StoreLook> found = look(store);
  if (!found) return in_operators_words(store.string(), found.error());
  return found;
}

}  // namespace gatehouse::adapters
