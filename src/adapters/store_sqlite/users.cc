#include "columns.h"
#include "gatehouse/store/checks.h"
#include "stores.h"

namespace gatehouse::adapters {
namespace {

using store::User;

#define GH_USER_COLUMNS "id, tenant_id, username, email, password_hash, role, is_active, created_s, updated_s, version"

constexpr const char* insert = "INSERT INTO users (" GH_USER_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 1)";
constexpr const char* select_one = "SELECT " GH_USER_COLUMNS " FROM users WHERE id = ?1 AND (?2 IS NULL OR tenant_id = ?2)";
constexpr const char* select_named = "SELECT " GH_USER_COLUMNS " FROM users WHERE username = ?1";
constexpr const char* select_page =
    "SELECT " GH_USER_COLUMNS " FROM users WHERE id > ?1 AND (?3 IS NULL OR is_active = ?3) ORDER BY id LIMIT ?2";
constexpr const char* select_page_of_tenant =
    "SELECT " GH_USER_COLUMNS " FROM users WHERE id > ?1 AND (?3 IS NULL OR is_active = ?3) AND tenant_id = ?4 ORDER BY id LIMIT ?2";
// For a start, which must not look at everybody.
constexpr const char* select_page_of_inactive =
    "SELECT " GH_USER_COLUMNS " FROM users WHERE id > ?1 AND is_active = 0 ORDER BY id LIMIT ?2";
constexpr const char* update =
    "UPDATE users SET username = ?4, email = ?5, password_hash = ?6, role = ?7, is_active = ?8, updated_s = ?9, version = version + 1 "
    "WHERE id = ?1 AND tenant_id = ?2 AND version = ?3";
constexpr const char* select_namesake = "SELECT 1 FROM users WHERE username = ?1 AND id <> ?2";

constexpr const char* delete_tickets_of = "DELETE FROM tickets WHERE user_id = ?1";
constexpr const char* delete_user = "DELETE FROM users WHERE id = ?1";

#undef GH_USER_COLUMNS

Result<User> user_of(const Statement& row) {
  User user(store::UserId(row.text(0)), TenantId(row.text(1)));
  user.username = row.text(2);
  user.email = row.text(3);
  user.password_hash = row.text(4);
  user.role = row.text(5);
  user.is_active = row.truth(6);
  user.created = row.moment(7);
  user.updated = row.moment(8);
  user.version = static_cast<std::uint32_t>(row.integer(9));
  return user;
}

Result<User> find_user(Database& database, const store::Reach& reach, const store::UserId& id) {
  Statement found = database.prepare(select_one);
  found.bind(id.value(), tenant_id_of(reach));
  return only_row(found, &user_of, &store::user_not_found);
}

// Which of the things that one user alone may have another has.
Error taken(Database& database, const User& user) {
  Statement namesake = database.prepare(select_namesake);
  const Result<Step> step = namesake.bind(user.username, user.id.value()).step();
  if (!step) return step.error();
  return *step == Step::row ? store::username_taken() : store::email_taken();
}

// False: there is none of this version.
Result<bool> update_user(Database& database, const User& user) {
  Statement updated = database.prepare(update);
  updated.bind(user.id.value(), user.tenant.value(), user.version, user.username, user.email, user.password_hash, user.role, user.is_active,
               user.updated);
  GH_TRY(const Step step, updated.step());
  if (step == Step::duplicate) return taken(database, user);
  return database.changed() > 0;
}

Result<User> change_user(Database& database, const User& user) {
  GH_CHECK(store::check(user));
  GH_TRY(const bool changed, update_user(database, user));
  GH_TRY(User now, find_user(database, store::Reach::of(user.tenant), user.id));
  if (!changed) return store::version_conflict();
  return now;
}

Result<store::RemovedUser> remove_user(Database& database, const store::Reach& reach, const store::UserId& id, store::Moment at,
                                       store::SessionEnd sessions) {
  GH_TRY([[maybe_unused]] const User user, find_user(database, reach, id));
  store::RemovedUser removed;
  GH_TRY(removed.revocations, end_other_sessions(database, id, store::SessionId(), sessions));
  GH_TRY(removed.keys, revoke_keys_of(database, id, at));
  GH_TRY(store::Revocation told, insert_revocation(database, store::Revocation(store::RevocationKind::user, id.value(), at)));
  removed.revocations.push_back(std::move(told));
  for (const char* sql : {delete_tickets_of, delete_user}) GH_CHECK(database.prepare(sql).bind(id.value()).run());
  return removed;
}

Result<store::Page<User>> page_of_users(Database& database, const store::UserQuery& query) {
  const std::optional<std::string> tenant = tenant_id_of(query.reach);
  const bool inactive = !tenant && query.active == false;
  Statement found = database.prepare(tenant ? select_page_of_tenant : inactive ? select_page_of_inactive : select_page);
  const std::int64_t limit = one_more_than(query.limit);
  if (tenant) {
    found.bind(query.after.value(), limit, query.active, *tenant);
  } else if (inactive) {
    found.bind(query.after.value(), limit);
  } else {
    found.bind(query.after.value(), limit, query.active);
  }
  GH_TRY(std::vector<User> users, all_rows(found, &user_of));
  return page_of(std::move(users), query.limit);
}

}  // namespace

Result<User> insert_user(Database& database, User user) {
  GH_CHECK(store::check(user));
  Statement inserted = database.prepare(insert);
  inserted.bind(user.id.value(), user.tenant.value(), user.username, user.email, user.password_hash, user.role, user.is_active,
                user.created, user.updated);
  GH_TRY(const Step step, inserted.step());
  if (step == Step::orphan) return store::tenant_not_found();
  if (step == Step::duplicate) {
    return find_user(database, store::Reach::everything(), user.id).ok() ? store::user_exists() : taken(database, user);
  }
  user.version = 1;
  return user;
}

Task<Result<User>> SqliteUserStore::create(Reactor& reactor, User user) {
  DatabaseWork<User> work = [user = std::move(user)](Database& database) { return insert_user(database, user); };
  return connections_.write<User>(reactor, std::move(work));
}

Task<Result<User>> SqliteUserStore::find(Reactor& reactor, store::Reach reach, store::UserId id) {
  DatabaseWork<User> work = [reach = std::move(reach), id = std::move(id)](Database& database) { return find_user(database, reach, id); };
  return connections_.read<User>(reactor, std::move(work));
}

Task<Result<User>> SqliteUserStore::find_by_name(Reactor& reactor, std::string username) {
  DatabaseWork<User> work = [username = std::move(username)](Database& database) {
    Statement found = database.prepare(select_named);
    found.bind(username);
    return only_row(found, &user_of, &store::user_not_found);
  };
  return connections_.read<User>(reactor, std::move(work));
}

Task<Result<store::Page<User>>> SqliteUserStore::list(Reactor& reactor, store::UserQuery query) {
  DatabaseWork<store::Page<User>> work = [query = std::move(query)](Database& database) { return page_of_users(database, query); };
  return connections_.read<store::Page<User>>(reactor, std::move(work));
}

Task<Result<User>> SqliteUserStore::change(Reactor& reactor, User user) {
  DatabaseWork<User> work = [user = std::move(user)](Database& database) { return change_user(database, user); };
  return connections_.write<User>(reactor, std::move(work));
}

Task<Result<store::RemovedUser>> SqliteUserStore::remove(Reactor& reactor, store::Reach reach, store::UserId id, store::Moment at,
                                                         store::SessionEnd sessions) {
  DatabaseWork<store::RemovedUser> work = [reach = std::move(reach), id = std::move(id), at, sessions](Database& database) {
    return remove_user(database, reach, id, at, sessions);
  };
  return connections_.write<store::RemovedUser>(reactor, std::move(work));
}

}  // namespace gatehouse::adapters
