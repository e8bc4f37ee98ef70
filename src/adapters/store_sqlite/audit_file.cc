#include "gatehouse/adapters/store_sqlite/audit_file.h"

#include "audit_rows.h"
#include "migrations.h"
#include "open.h"

namespace gatehouse::adapters {
namespace {

constexpr const char* all_heads = GH_AUDIT_HEADS;
constexpr const char* all_rows_by_chain = GH_AUDIT_ROWS "ORDER BY a.chain, a.number";

template <class Value>
Status tell_all(Statement statement, Result<Value> (*read)(const Statement&), const std::function<void(const Value&)>& tell) {
  for (;;) {
    GH_TRY(const Step step, statement.step());
    if (step != Step::row) return ok();
    GH_TRY(const Value value, read(statement));
    tell(value);
  }
}

Result<Database> open_to_read(const std::filesystem::path& store) {
  GH_CHECK(check_file(store, Missing::refuse));
  GH_TRY(Database database, Database::open(store.string(), SQLITE_OPEN_READWRITE));
  GH_CHECK(check_schema(database, migration_steps(), store.string()));
  return database;
}

Status read_all(const std::filesystem::path& store, const AuditReader& reader) {
  GH_TRY(Database database, open_to_read(store));
  GH_CHECK(database.run("BEGIN"));
  GH_TRY(const std::int64_t there, database.ask_number("SELECT count(*) FROM sqlite_schema WHERE name = 'audit'"));
  if (there == 0) return ok();
  GH_CHECK(tell_all(database.prepare(all_heads), &audit_head_of, reader.head));
  return tell_all(database.prepare(all_rows_by_chain), &audit_row_of, reader.row);
}

Result<std::optional<std::string>> value_of(const std::filesystem::path& store, const std::string& name) {
  GH_TRY(Database database, open_to_read(store));
  Statement found = database.prepare("SELECT value FROM settings WHERE name = ?1");
  GH_TRY(const Step step, found.bind(name).step());
  return step == Step::row ? std::optional(found.text(0)) : std::nullopt;
}

}  // namespace

Result<std::optional<std::string>> read_setting(const std::filesystem::path& store, const std::string& name) {
  Result<std::optional<std::string>> value = value_of(store, name);
  return value ? std::move(value) : Result<std::optional<std::string>>(in_operators_words(store.string(), value.error()));
}

Status read_audit(const std::filesystem::path& store, const AuditReader& reader) {
  const Status read = read_all(store, reader);
  return read ? ok() : Status(in_operators_words(store.string(), read.error()));
}

}  // namespace gatehouse::adapters
