#include <algorithm>

#include "columns.h"
#include "gatehouse/store/checks.h"
#include "stores.h"

namespace gatehouse::adapters {
namespace {

using store::Session;

#define GH_SESSION_COLUMNS                                                                                                      \
  "id, user_id, generation, digest, used_digest, used_client, used_s, address, user_agent, created_s, last_used_s, expires_s, " \
  "access_until_s"

constexpr const char* new_session =
    "INSERT INTO sessions (" GH_SESSION_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";
constexpr const char* session_of_id = "SELECT " GH_SESSION_COLUMNS " FROM sessions WHERE id = ?1";
constexpr const char* sessions_of_user = "SELECT " GH_SESSION_COLUMNS " FROM sessions WHERE user_id = ?1 ORDER BY last_used_s DESC, id";
constexpr const char* next_session =
    "UPDATE sessions SET generation = ?3, digest = ?4, used_digest = ?5, used_client = ?6, used_s = ?7, address = ?8, user_agent = ?9, "
    "last_used_s = ?10, expires_s = ?11, access_until_s = max(access_until_s, ?12) WHERE id = ?1 AND user_id = ?2 AND generation = ?3 - 1";
constexpr const char* delete_session = "DELETE FROM sessions WHERE id = ?1 AND user_id = ?2";
// But ?2, and as many others as ?3 says.
constexpr const char* oldest_sessions =
    "SELECT " GH_SESSION_COLUMNS " FROM sessions WHERE user_id = ?1 AND id <> ?2 ORDER BY last_used_s DESC, id LIMIT -1 OFFSET ?3";
constexpr const char* delete_expired_sessions = "DELETE FROM sessions WHERE expires_s <= ?1";

#undef GH_SESSION_COLUMNS

Result<Session> session_of(const Statement& row) {
  Session session(store::SessionId(row.text(0)), store::UserId(row.text(1)));
  session.generation = static_cast<std::uint32_t>(row.integer(2));
  GH_TRY(session.digest, digest_of(row.text(3)));
  if (!row.is_null(4)) {
    GH_TRY(const store::Digest used, digest_of(row.text(4)));
    GH_TRY(const store::Digest client, digest_of(row.text(5)));
    session.used.emplace(used, client, row.moment(6));
  }
  session.address = row.text(7);
  session.user_agent = row.text(8);
  session.created = row.moment(9);
  session.last_used = row.moment(10);
  session.expires = row.moment(11);
  session.access_until = row.moment(12);
  return session;
}

// What a session says of its used token, as columns.
struct UsedColumns {
  explicit UsedColumns(const Session& session) {
    if (!session.used) return;
    digest = bytes_of(session.used->digest);
    client = bytes_of(session.used->client);
    at = session.used->at;
  }
  std::optional<Bytes> digest, client;
  std::optional<store::Moment> at;
};

Result<Session> find_session(Database& database, const store::SessionId& id) {
  Statement found = database.prepare(session_of_id);
  found.bind(id.value());
  return only_row(found, &session_of, &store::session_not_found);
}

Result<std::vector<Session>> sessions_of(Database& database, const store::UserId& user) {
  Statement found = database.prepare(sessions_of_user);
  found.bind(user.value());
  return all_rows(found, &session_of);
}

Status insert_session(Database& database, const Session& session) {
  GH_CHECK(store::check(session));
  const UsedColumns used(session);
  Statement inserted = database.prepare(new_session);
  inserted.bind(session.id.value(), session.user.value(), session.generation, bytes_of(session.digest), used.digest, used.client, used.at,
                session.address, session.user_agent, session.created, session.last_used, session.expires, session.access_until);
  GH_TRY(const Step step, inserted.step());
  if (step == Step::duplicate) return store::session_exists();
  return step == Step::orphan ? Status(store::user_not_found()) : ok();
}

Result<Session> rotate_session(Database& database, const Session& next) {
  GH_CHECK(store::check(next));
  const UsedColumns used(next);
  {
    Statement updated = database.prepare(next_session);
    updated.bind(next.id.value(), next.user.value(), next.generation, bytes_of(next.digest), used.digest, used.client, used.at,
                 next.address, next.user_agent, next.last_used, next.expires, next.access_until);
    GH_CHECK(updated.run());
  }
  const bool changed = database.changed() > 0;
  GH_TRY(Session now, find_session(database, next.id));
  if (now.user != next.user) return store::session_not_found();
  if (!changed) return store::version_conflict();
  return now;
}

Result<store::Revocation> end_session(Database& database, const Session& session, store::SessionEnd how) {
  GH_CHECK(database.prepare(delete_session).bind(session.id.value(), session.user.value()).run());
  store::Revocation revocation(store::RevocationKind::session, session.id.value(), how.at);
  revocation.expires = std::max(how.forgotten, session.access_until);
  return insert_revocation(database, std::move(revocation));
}

Result<store::Revocation> end_session_of(Database& database, const store::UserId& user, const store::SessionId& id, store::SessionEnd how) {
  GH_TRY(const Session session, find_session(database, id));
  if (session.user != user) return store::session_not_found();
  return end_session(database, session, how);
}

// Whose password was checked may have got another one since.
Result<store::BegunSession> begin_session(Database& database, const store::NewSession& wanted) {
  const Session& session = wanted.session;
  GH_TRY(const store::User user, find_user(database, store::Reach::everything(), session.user));
  if (!user.is_active || user.password_hash != wanted.password_hash) return store::user_changed();
  GH_CHECK(insert_session(database, session));
  store::BegunSession begun(session);
  std::vector<Session> too_many;
  {
    Statement found = database.prepare(oldest_sessions);
    found.bind(session.user.value(), session.id.value(), wanted.most - 1);
    GH_TRY(too_many, all_rows(found, &session_of));
  }
  for (const Session& one : too_many) {
    GH_TRY(store::Revocation revocation, end_session(database, one, wanted.pushed_out));
    begun.revocations.push_back(std::move(revocation));
  }
  return begun;
}

}  // namespace

Result<std::vector<store::Revocation>> end_other_sessions(Database& database, const store::UserId& user, const store::SessionId& kept,
                                                          store::SessionEnd how) {
  GH_TRY(const std::vector<Session> sessions, sessions_of(database, user));
  std::vector<store::Revocation> told;
  for (const Session& session : sessions) {
    if (session.id == kept) continue;
    GH_TRY(store::Revocation revocation, end_session(database, session, how));
    told.push_back(std::move(revocation));
  }
  return told;
}

Task<Result<store::BegunSession>> SqliteSessionStore::begin(Reactor& reactor, store::NewSession wanted) {
  DatabaseWork<store::BegunSession> work = [wanted = std::move(wanted)](Database& database) { return begin_session(database, wanted); };
  return connections_.write<store::BegunSession>(reactor, std::move(work));
}

Task<Result<Session>> SqliteSessionStore::find(Reactor& reactor, store::SessionId id) {
  DatabaseWork<Session> work = [id = std::move(id)](Database& database) { return find_session(database, id); };
  return connections_.read<Session>(reactor, std::move(work));
}

Task<Result<std::vector<Session>>> SqliteSessionStore::list(Reactor& reactor, store::UserId user) {
  DatabaseWork<std::vector<Session>> work = [user = std::move(user)](Database& database) { return sessions_of(database, user); };
  return connections_.read<std::vector<Session>>(reactor, std::move(work));
}

Task<Result<Session>> SqliteSessionStore::rotate(Reactor& reactor, Session next) {
  DatabaseWork<Session> work = [next = std::move(next)](Database& database) { return rotate_session(database, next); };
  return connections_.write<Session>(reactor, std::move(work));
}

Task<Result<store::Revocation>> SqliteSessionStore::end(Reactor& reactor, store::UserId user, store::SessionId id, store::SessionEnd how) {
  DatabaseWork<store::Revocation> work = [user = std::move(user), id = std::move(id), how](Database& database) {
    return end_session_of(database, user, id, how);
  };
  return connections_.write<store::Revocation>(reactor, std::move(work));
}

Task<Result<std::vector<store::Revocation>>> SqliteSessionStore::end_others(Reactor& reactor, store::UserId user, store::SessionId kept,
                                                                            store::SessionEnd how) {
  DatabaseWork<std::vector<store::Revocation>> work = [user = std::move(user), kept = std::move(kept), how](Database& database) {
    return end_other_sessions(database, user, kept, how);
  };
  return connections_.write<std::vector<store::Revocation>>(reactor, std::move(work));
}

Task<Status> SqliteSessionStore::drop_expired(Reactor& reactor, store::Moment now) {
  DatabaseWork<std::monostate> work = [now](Database& database) { return database.prepare(delete_expired_sessions).bind(now).run(); };
  return connections_.write<std::monostate>(reactor, std::move(work));
}

}  // namespace gatehouse::adapters
