#include "columns.h"
#include "gatehouse/store/checks.h"
#include "stores.h"

namespace gatehouse::adapters {
namespace {

using store::User;

#define GH_USER_COLUMNS                                                                                                          \
  "id, tenant_id, username, email, password_hash, coalesce((SELECT name FROM roles WHERE number = own_role), role), is_active, " \
  "created_s, updated_s, version"

constexpr const char* insert =
    "INSERT INTO users (id, tenant_id, username, email, password_hash, role, is_active, created_s, updated_s, own_role, version) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 1)";
constexpr const char* select_one = "SELECT " GH_USER_COLUMNS " FROM users WHERE id = ?1 AND (?2 IS NULL OR tenant_id = ?2)";
constexpr const char* select_named = "SELECT " GH_USER_COLUMNS " FROM users WHERE username = ?1";
constexpr const char* select_page = "SELECT " GH_USER_COLUMNS " FROM users WHERE id > ?1 ORDER BY id LIMIT ?2";
constexpr const char* select_page_of_tenant = "SELECT " GH_USER_COLUMNS " FROM users WHERE id > ?1 AND tenant_id = ?3 ORDER BY id LIMIT ?2";
// For a start, which must not look at everybody.
constexpr const char* select_page_of_notable =
    "SELECT " GH_USER_COLUMNS
    " FROM users WHERE id > ?1 AND (is_active = 0 OR role <> 'member' OR own_role IS NOT NULL) ORDER BY id LIMIT ?2";
constexpr const char* update =
    "UPDATE users SET username = ?4, email = ?5, password_hash = ?6, role = ?7, is_active = ?8, updated_s = ?9, own_role = ?10, "
    "version = version + 1 WHERE id = ?1 AND tenant_id = ?2 AND version = ?3";
constexpr const char* update_hash = "UPDATE users SET password_hash = ?3 WHERE id = ?1 AND password_hash = ?2";
constexpr const char* select_namesake = "SELECT 1 FROM users WHERE username = ?1 AND id <> ?2";

constexpr const char* delete_tickets_of = "DELETE FROM tickets WHERE user_id = ?1";
constexpr const char* delete_tickets_given_by = "DELETE FROM tickets WHERE issuer = ?1";
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

// Which of the things that one user alone may have another has.
Error taken(Database& database, const User& user) {
  Statement namesake = database.prepare(select_namesake);
  const Result<Step> step = namesake.bind(user.username, user.id.value()).step();
  if (!step) return step.error();
  return *step == Step::row ? store::username_taken() : store::email_taken();
}

// False: there is none of this version.
Result<bool> update_user(Database& database, const User& user) {
  GH_TRY(const std::optional<std::int64_t> own_role, own_role_number(database, user.tenant, user.role));
  Statement updated = database.prepare(update);
  updated.bind(user.id.value(), user.tenant.value(), user.version, user.username, user.email, user.password_hash, built_in_part(user.role),
               user.is_active, user.updated, own_role);
  GH_TRY(const Step step, updated.step());
  if (step == Step::duplicate) return taken(database, user);
  return database.changed() > 0;
}

// They were given to somebody who was another in what they are for.
bool ends_tickets(const User& before, const User& after) {
  return before.role != after.role || before.password_hash != after.password_hash || before.email != after.email ||
         (before.is_active && !after.is_active);
}

// Whoever had got in as them may have given some.
bool ends_tickets_given(const User& before, const User& after) {
  return before.password_hash != after.password_hash || (before.is_active && !after.is_active);
}

enum class Password : std::uint8_t { as_said, stays };

Result<User> change_user(Database& database, User user, Password password) {
  GH_CHECK(store::check(user));
  GH_TRY(const User before, find_user(database, store::Reach::of(user.tenant), user.id));
  if (password == Password::stays) user.password_hash = before.password_hash;
  GH_TRY(const bool changed, update_user(database, user));
  if (!changed) return store::version_conflict();
  if (ends_tickets(before, user)) GH_CHECK(database.prepare(delete_tickets_of).bind(user.id.value()).run());
  if (ends_tickets_given(before, user)) GH_CHECK(database.prepare(delete_tickets_given_by).bind(user.id.value()).run());
  return find_user(database, store::Reach::of(user.tenant), user.id);
}

Result<store::ChangedUser> change_user_and_end(Database& database, const User& user, const store::UserEnds& ends) {
  if (ends.ticket) {
    GH_TRY(const store::Ticket ticket, redeem_ticket(database, *ends.ticket));
    if (ticket.user != user.id) return store::ticket_not_found();
  }
  GH_TRY(User now, change_user(database, user, ends.same_password ? Password::stays : Password::as_said));
  store::ChangedUser changed(std::move(now));
  if (ends.sessions) {
    GH_TRY(changed.revocations, end_other_sessions(database, user.id, ends.kept, *ends.sessions));
  }
  if (ends.tokens) {
    GH_TRY(store::Revocation told, insert_revocation(database, *ends.tokens));
    changed.revocations.push_back(std::move(told));
  }
  return changed;
}

Status rehash_user(Database& database, const store::UserId& id, const std::string& from, const std::string& to) {
  GH_CHECK(database.prepare(update_hash).bind(id.value(), from, to).run());
  return database.changed() > 0 ? ok() : Status(store::user_changed());
}

Result<User> enrol_user(Database& database, const User& user, const store::Redemption& invitation) {
  GH_TRY([[maybe_unused]] const store::Ticket ticket, redeem_ticket(database, invitation));
  return insert_user(database, user);
}

Result<store::RemovedUser> remove_user(Database& database, const store::Reach& reach, const store::UserId& id, std::uint32_t version,
                                       store::Moment at, store::SessionEnd sessions) {
  GH_TRY(const User user, find_user(database, reach, id));
  if (user.version != version) return store::version_conflict();
  store::RemovedUser removed;
  GH_TRY(removed.revocations, end_other_sessions(database, id, store::SessionId(), sessions));
  GH_TRY(removed.keys, revoke_keys_of(database, id, at));
  GH_TRY(removed.budgets, remove_budgets_of(database, id));
  GH_TRY(store::Revocation told, insert_revocation(database, store::Revocation(store::RevocationKind::user, id.value(), at)));
  removed.revocations.push_back(std::move(told));
  for (const char* sql : {delete_tickets_of, delete_tickets_given_by, delete_user}) GH_CHECK(database.prepare(sql).bind(id.value()).run());
  return removed;
}

Result<store::Page<User>> page_of_users(Database& database, const store::UserQuery& query) {
  const std::optional<std::string> tenant = tenant_id_of(query.reach);
  GH_ASSERT(!query.notable || !tenant);  // nobody asks for both
  Statement found = database.prepare(tenant ? select_page_of_tenant : query.notable ? select_page_of_notable : select_page);
  const std::int64_t limit = one_more_than(query.limit);
  if (tenant) {
    found.bind(query.after.value(), limit, *tenant);
  } else {
    found.bind(query.after.value(), limit);
  }
  GH_TRY(std::vector<User> users, all_rows(found, &user_of));
  return page_of(std::move(users), query.limit);
}

}  // namespace

Result<User> find_user(Database& database, const store::Reach& reach, const store::UserId& id) {
  Statement found = database.prepare(select_one);
  found.bind(id.value(), tenant_id_of(reach));
  return only_row(found, &user_of, &store::user_not_found);
}

Result<User> insert_user(Database& database, User user) {
  GH_CHECK(store::check(user));
  GH_TRY(const std::optional<std::int64_t> own_role, own_role_number(database, user.tenant, user.role));
  Statement inserted = database.prepare(insert);
  inserted.bind(user.id.value(), user.tenant.value(), user.username, user.email, user.password_hash, built_in_part(user.role),
                user.is_active, user.created, user.updated, own_role);
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

Task<Result<User>> SqliteUserStore::enrol(Reactor& reactor, User user, store::Redemption invitation) {
  DatabaseWork<User> work = [user = std::move(user), invitation](Database& database) { return enrol_user(database, user, invitation); };
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
  DatabaseWork<User> work = [user = std::move(user)](Database& database) { return change_user(database, user, Password::as_said); };
  return connections_.write<User>(reactor, std::move(work));
}

Task<Result<store::ChangedUser>> SqliteUserStore::change_and_end(Reactor& reactor, User user, store::UserEnds ends) {
  DatabaseWork<store::ChangedUser> work = [user = std::move(user), ends = std::move(ends)](Database& database) {
    return change_user_and_end(database, user, ends);
  };
  return connections_.write<store::ChangedUser>(reactor, std::move(work));
}

Task<Status> SqliteUserStore::rehash(Reactor& reactor, store::UserId id, std::string from, std::string to) {
  DatabaseWork<std::monostate> work = [id = std::move(id), from = std::move(from), to = std::move(to)](Database& database) {
    return rehash_user(database, id, from, to);
  };
  return connections_.write<std::monostate>(reactor, std::move(work));
}

Task<Result<store::RemovedUser>> SqliteUserStore::remove(Reactor& reactor, store::Reach reach, store::UserId id, std::uint32_t version,
                                                         store::Moment at, store::SessionEnd sessions) {
  DatabaseWork<store::RemovedUser> work = [reach = std::move(reach), id = std::move(id), version, at, sessions](Database& database) {
    return remove_user(database, reach, id, version, at, sessions);
  };
  return connections_.write<store::RemovedUser>(reactor, std::move(work));
}

}  // namespace gatehouse::adapters
