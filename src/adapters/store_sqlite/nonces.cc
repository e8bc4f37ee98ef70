#include "columns.h"
#include "stores.h"

namespace gatehouse::adapters {
namespace {

constexpr const char* new_nonce = "INSERT INTO nonces (digest, expires_s) VALUES (?1, ?2)";
constexpr const char* range_of_nonces = "SELECT coalesce((SELECT max(number) FROM nonces) - (SELECT min(number) FROM nonces) + 1, 0)";
// More than come in: what is kept does not grow for want of somebody who tidies.
constexpr const char* delete_some_nonces =
    "DELETE FROM nonces WHERE number IN (SELECT number FROM nonces WHERE expires_s <= ?1 ORDER BY expires_s LIMIT 4)";
constexpr const char* delete_expired_nonces = "DELETE FROM nonces WHERE expires_s <= ?1";

Status take_nonce(Database& database, const store::Nonce& nonce, store::Moment now, std::size_t most) {
  GH_CHECK(database.prepare(delete_some_nonces).bind(now).run());
  {
    Statement range = database.prepare(range_of_nonces);
    GH_TRY(const Step step, range.step());
    GH_ASSERT(step == Step::row);
    if (range.integer(0) >= static_cast<std::int64_t>(most)) return store::too_many_nonces();
  }
  Statement inserted = database.prepare(new_nonce);
  inserted.bind(bytes_of(nonce.digest), nonce.expires);
  GH_TRY(const Step step, inserted.step());
  return step == Step::duplicate ? Status(store::nonce_taken()) : ok();
}

}  // namespace

Task<Status> SqliteNonceStore::take(Reactor& reactor, store::Nonce nonce, store::Moment now, std::size_t most) {
  DatabaseWork<std::monostate> work = [nonce, now, most](Database& database) { return take_nonce(database, nonce, now, most); };
  return connections_.write<std::monostate>(reactor, std::move(work));
}

Task<Status> SqliteNonceStore::drop_expired(Reactor& reactor, store::Moment now) {
  DatabaseWork<std::monostate> work = [now](Database& database) { return database.prepare(delete_expired_nonces).bind(now).run(); };
  return connections_.write<std::monostate>(reactor, std::move(work));
}

}  // namespace gatehouse::adapters
