#include "columns.h"
#include "gatehouse/store/checks.h"
#include "stores.h"

namespace gatehouse::adapters {
namespace {

using store::Revocation;

constexpr const char* new_revocation = "INSERT INTO revocations (kind, id, not_before_s, expires_s) VALUES (?1, ?2, ?3, ?4)";
constexpr const char* select_since =
    "SELECT number, kind, id, not_before_s, expires_s FROM revocations WHERE number > ?1 ORDER BY number LIMIT ?2";
constexpr const char* delete_expired = "DELETE FROM revocations WHERE expires_s <= ?1";

Result<Revocation> revocation_of(const Statement& row) {
  const std::optional<store::RevocationKind> kind = store::parse_revocation_kind(row.text(1));
  if (!kind) return unreadable("no kind of revocation", row.text(1));
  Revocation revocation(*kind, row.text(2), row.moment(3));
  revocation.number = row.integer(0);
  revocation.expires = row.maybe_moment(4);
  return revocation;
}

}  // namespace

Result<Revocation> insert_revocation(Database& database, Revocation revocation) {
  GH_CHECK(store::check(revocation));
  Statement inserted = database.prepare(new_revocation);
  inserted.bind(store::to_string(revocation.kind), revocation.id, revocation.not_before, revocation.expires);
  GH_CHECK(inserted.run());
  revocation.number = database.last_number();
  return revocation;
}

Task<Result<Revocation>> SqliteRevocationStore::add(Reactor& reactor, Revocation revocation) {
  DatabaseWork<Revocation> work = [revocation = std::move(revocation)](Database& database) {
    return insert_revocation(database, revocation);
  };
  return connections_.write<Revocation>(reactor, std::move(work));
}

Task<Result<store::Page<Revocation>>> SqliteRevocationStore::since(Reactor& reactor, std::int64_t number, std::size_t limit) {
  DatabaseWork<store::Page<Revocation>> work = [number, limit](Database& database) -> Result<store::Page<Revocation>> {
    Statement found = database.prepare(select_since);
    found.bind(number, one_more_than(limit));
    GH_TRY(std::vector<Revocation> revocations, all_rows(found, &revocation_of));
    return page_of(std::move(revocations), limit);
  };
  return connections_.read<store::Page<Revocation>>(reactor, std::move(work));
}

Task<Status> SqliteRevocationStore::drop_expired(Reactor& reactor, store::Moment now) {
  DatabaseWork<std::monostate> work = [now](Database& database) { return database.prepare(delete_expired).bind(now).run(); };
  return connections_.write<std::monostate>(reactor, std::move(work));
}

}  // namespace gatehouse::adapters
