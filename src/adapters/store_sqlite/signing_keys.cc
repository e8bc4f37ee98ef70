#include "columns.h"
#include "gatehouse/store/checks.h"
#include "stores.h"

namespace gatehouse::adapters {
namespace {

using store::SigningKey;

constexpr const char* new_signing_key =
    "INSERT INTO signing_keys (kid, algorithm, sealed_private, public_jwk, created_s, retires_s) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
constexpr const char* select_all =
    "SELECT kid, algorithm, sealed_private, public_jwk, created_s, retires_s FROM signing_keys ORDER BY created_s, kid";
constexpr const char* update_retires = "UPDATE signing_keys SET retires_s = ?2 WHERE kid = ?1";
constexpr const char* update_others = "UPDATE signing_keys SET retires_s = min(coalesce(retires_s, ?2), ?2) WHERE kid <> ?1";
// By tokens of ours; others have an issuer's name there, and what no token gave has nothing.
constexpr const char* delete_tickets_given_by_tokens = "DELETE FROM tickets WHERE giver_issuer = ''";
constexpr const char* delete_retired = "DELETE FROM signing_keys WHERE retires_s < ?1";

Result<SigningKey> signing_key_of(const Statement& row) {
  SigningKey key(row.text(0), row.text(1));
  key.sealed_private = row.text(2);
  key.public_jwk = row.text(3);
  key.created = row.moment(4);
  key.retires = row.maybe_moment(5);
  return key;
}

}  // namespace

Status insert_signing_key(Database& database, const SigningKey& key) {
  GH_CHECK(store::check(key));
  Statement inserted = database.prepare(new_signing_key);
  inserted.bind(key.kid, key.algorithm, Bytes(key.sealed_private), key.public_jwk, key.created, key.retires);
  GH_TRY(const Step step, inserted.step());
  return step == Step::duplicate ? Status(store::signing_key_exists()) : ok();
}

Result<std::vector<SigningKey>> all_signing_keys(Database& database) {
  Statement found = database.prepare(select_all);
  return all_rows(found, &signing_key_of);
}

Task<Status> SqliteSigningKeyStore::add(Reactor& reactor, SigningKey key) {
  DatabaseWork<std::monostate> work = [key = std::move(key)](Database& database) { return insert_signing_key(database, key); };
  return connections_.write<std::monostate>(reactor, std::move(work));
}

Task<Status> SqliteSigningKeyStore::rotate(Reactor& reactor, SigningKey next, store::Moment others_retire) {
  DatabaseWork<std::monostate> work = [next = std::move(next), others_retire](Database& database) -> Status {
    GH_CHECK(insert_signing_key(database, next));
    GH_CHECK(database.prepare(update_others).bind(next.kid, others_retire).run());
    return others_retire > next.created ? ok() : database.prepare(delete_tickets_given_by_tokens).run();
  };
  return connections_.write<std::monostate>(reactor, std::move(work));
}

Task<Result<std::vector<SigningKey>>> SqliteSigningKeyStore::all(Reactor& reactor) {
  DatabaseWork<std::vector<SigningKey>> work = &all_signing_keys;
  return connections_.read<std::vector<SigningKey>>(reactor, std::move(work));
}

Task<Status> SqliteSigningKeyStore::retire(Reactor& reactor, std::string kid, store::Moment at) {
  DatabaseWork<std::monostate> work = [kid = std::move(kid), at](Database& database) -> Status {
    GH_CHECK(database.prepare(update_retires).bind(kid, at).run());
    return database.changed() > 0 ? ok() : Status(store::signing_key_not_found());
  };
  return connections_.write<std::monostate>(reactor, std::move(work));
}

Task<Status> SqliteSigningKeyStore::drop_retired(Reactor& reactor, store::Moment before) {
  DatabaseWork<std::monostate> work = [before](Database& database) { return database.prepare(delete_retired).bind(before).run(); };
  return connections_.write<std::monostate>(reactor, std::move(work));
}

}  // namespace gatehouse::adapters
