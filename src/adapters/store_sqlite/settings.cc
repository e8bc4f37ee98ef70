#include "gatehouse/store/checks.h"
#include "stores.h"

namespace gatehouse::adapters {
namespace {

constexpr const char* select_value = "SELECT value FROM settings WHERE name = ?1";
constexpr const char* put_value = "INSERT INTO settings (name, value) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = excluded.value";

}  // namespace

Task<Result<std::optional<std::string>>> SqliteSettingStore::get(Reactor& reactor, std::string name) {
  using Value = std::optional<std::string>;
  DatabaseWork<Value> work = [name = std::move(name)](Database& database) -> Result<Value> {
    Statement found = database.prepare(select_value);
    GH_TRY(const Step step, found.bind(name).step());
    return step == Step::row ? Value(found.text(0)) : Value();
  };
  return connections_.read<Value>(reactor, std::move(work));
}

Task<Status> SqliteSettingStore::put(Reactor& reactor, std::string name, std::string value) {
  DatabaseWork<std::monostate> work = [name = std::move(name), value = std::move(value)](Database& database) -> Status {
    GH_CHECK(store::check_setting(name, value));
    return database.prepare(put_value).bind(name, value).run();
  };
  return connections_.write<std::monostate>(reactor, std::move(work));
}

}  // namespace gatehouse::adapters
