#include "gatehouse/identity/users.h"

#include <algorithm>
#include <span>
#include <utility>

#include "admission.h"
#include "field_error.h"
#include "gatehouse/base/base64url.h"
#include "gatehouse/identity/password_rules.h"
#include "gatehouse/store/checks.h"
#include "gatehouse/store/errors.h"

namespace gatehouse::identity {
namespace {

constexpr std::size_t longest_email = 254;

// What a revocation of it would tell of: of people of outside issuers themselves, because their tokens come and go.
std::optional<store::TokenGiver> giver_by_token(const Principal& who) {
  if (who.proof != Proof::token || who.is_our_users()) return std::nullopt;
  const TokenMarks& token = who.token;
  const bool somebodys = who.is_a_users(), by_hash = !token.sha256.empty();
  const store::RevocationKind kind = somebodys ? store::RevocationKind::user
                                     : by_hash ? store::RevocationKind::token_sha256
                                               : store::RevocationKind::token_id;
  std::string id = somebodys ? marked(token.issuer, who.subject) : by_hash ? token.sha256 : marked(token.issuer, token.id);
  if (id.empty()) return std::nullopt;
  store::TokenGiver giver(who.tenant, kind, std::move(id), store::Moment(seconds(token.issued_at)));
  giver.issuer = token.issuer;
  giver.platform = who.scopes.has(Scope::platform_admin);
  return giver;
}

}  // namespace

Actor actor_behind(const Principal& who) {
  const bool platform = who.scopes.has(Scope::platform_admin);
  Actor actor(platform ? store::Reach::everything() : store::Reach::of(who.tenant), platform, who.role_grants);
  if (who.is_our_users()) actor.user = store::UserId(who.subject);
  actor.key = who.key;
  actor.token = giver_by_token(who);
  if (actor.token && !who.is_a_users()) actor.until = store::Moment(seconds(who.valid_until));
  actor.is_operator = who.proof == Proof::control_socket;
  return actor;
}

Secret<std::string> draw_password(RandomSource& random) {
  std::string raw(16, '\0');
  random.fill(std::as_writable_bytes(std::span(raw)));
  const Secret<std::string> bytes(std::move(raw));
  return Secret<std::string>(to_base64url(bytes.expose()));
}

// Whether letters arrive there is not for us to say.
Status check_email(const std::string& email) {
  if (email.empty()) return ok();
  const std::size_t at = email.find('@');
  const bool plain = std::ranges::none_of(email, [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7f; });
  if (plain && email.size() <= longest_email && at != 0 && at != std::string::npos && at + 1 < email.size() &&
      email.find('@', at + 1) == std::string::npos) {
    return ok();
  }
  return field_error("email_invalid", "email", "email is no e-mail address", "such as name@example.org");
}

Status check_role(const Actor& actor, std::string_view role, const TenantId& tenant, const Directory& directory) {
  if (!store::is_built_in(role) && directory.role(tenant, role) == nullptr) return store::role_unknown(role);
  if (role != store::role_platform_admin) {
    return actor.platform || within(directory.grants_of(tenant, role), actor.most) ? ok() : Status(role_not_allowed("role"));
  }
  if (!actor.platform) return role_not_allowed("role");
  if (tenant.value() == reserved_tenant) return ok();
  return field_error("role_needs_system", "role", "A platform administrator is of the tenant 'system'", "member or tenant-admin");
}

store::User Users::new_record(const TenantId& tenant, std::string username, std::string email, std::string role) const {
  store::User user(store::UserId(random_.uuid()), tenant);
  user.username = std::move(username);
  user.email = std::move(email);
  user.role = std::move(role);
  user.created = user.updated = now();
  return user;
}

Task<Result<std::string>> Users::first_hash(Reactor& reactor, const NewUser& wanted, std::optional<Secret<std::string>>& drawn) const {
  if (!wanted.password_hash.empty()) {
    if (wanted.password)
      co_return field_error("password_hash_invalid", "password_hash", "password_hash stands beside a password", "one of them");
    if (is_password_hash(wanted.password_hash)) co_return wanted.password_hash;
    co_return field_error("password_hash_invalid", "password_hash", "password_hash is none that can be checked here",
                          "$2b$ with a cost of at most 14, or $argon2id$ as this server writes it");
  }
  if (wanted.password) {
    const Status fine = check_new_password(*wanted.password, "password");
    if (!fine) co_return fine.error();
  } else {
    drawn = draw_password(random_);
  }
  Secret<std::string> password = wanted.password ? *wanted.password : *drawn;
  co_return co_await passwords_.hash(reactor, std::move(password));
}

Task<Result<UserWithPassword>> Users::add(Reactor& reactor, Actor actor, NewUser wanted) const {
  if (!actor.reach.includes(wanted.tenant)) co_return store::tenant_not_found();
  store::User user = new_record(wanted.tenant, wanted.username, wanted.email, wanted.role);
  user.is_active = wanted.is_active;
  Status fine = store::check(user);
  if (fine) fine = check_email(user.email);
  if (!fine) co_return fine.error();
  const Result<store::Tenant> tenant = co_await registry_.store().tenants().find(reactor, wanted.tenant);
  if (!tenant) co_return tenant.error();
  fine = check_role(actor, user.role, user.tenant, *registry_.current());
  if (!fine) co_return fine.error();
  std::optional<Secret<std::string>> drawn;
  Result<std::string> hash = co_await first_hash(reactor, wanted, drawn);
  if (!hash) co_return hash.error();
  user.password_hash = std::move(*hash);
  Result<store::User> created = co_await registry_.create(reactor, std::move(user));
  if (!created) co_return created.error();
  co_return UserWithPassword(std::move(*created), std::move(drawn));
}

Task<Result<store::User>> Users::find(Reactor& reactor, store::Reach reach, store::UserId id) const {
  co_return co_await registry_.store().users().find(reactor, std::move(reach), std::move(id));
}

Task<Result<store::User>> Users::find_by_name(Reactor& reactor, store::Reach reach, std::string username) const {
  Result<store::User> user = co_await registry_.store().users().find_by_name(reactor, std::move(username));
  if (user && !reach.includes(user->tenant)) co_return store::user_not_found();
  co_return user;
}

Task<Result<store::Page<store::User>>> Users::list(Reactor& reactor, store::UserQuery query) const {
  co_return co_await registry_.store().users().list(reactor, std::move(query));
}

Task<Result<store::User>> Users::find_to_change(Reactor& reactor, Actor actor, store::UserId id) const {
  Result<store::User> user = co_await registry_.store().users().find(reactor, actor.reach, std::move(id));
  if (!user || actor.platform) co_return user;
  const Status fine = check_role(actor, user->role, user->tenant, *registry_.current());
  if (!fine) co_return fine.error();
  co_return user;
}

Task<Result<store::User>> Users::set(Reactor& reactor, Actor actor, store::UserId id, UserWish wish,
                                     std::optional<std::uint32_t> version) const {
  const Result<store::User> before = co_await find_to_change(reactor, actor, std::move(id));
  if (!before) co_return before.error();
  store::User user = *before;
  if (version && *version != user.version) co_return store::version_conflict();
  user.email = wish.email.value_or(std::move(user.email));
  user.role = wish.role.value_or(std::move(user.role));
  user.is_active = wish.is_active.value_or(user.is_active);
  user.updated = now();
  Status fine = check_email(user.email);
  if (fine && wish.role) fine = check_role(actor, user.role, user.tenant, *registry_.current());
  if (!fine) co_return fine.error();
  store::UserEnds ends = ends_of_change(*before, user);
  co_return co_await registry_.change(reactor, std::move(user), *before, std::move(ends));
}

// What was issued to somebody who was more than they are ends. Who becomes more begins anew: whoever administered them before may have what
// is theirs.
store::UserEnds Users::ends_of_change(const store::User& before, const store::User& after) const {
  store::UserEnds ends;
  const bool off = before.is_active && !after.is_active;
  if (!off && before.role == after.role) return ends;
  ends.tokens = tokens_.end_of_user(after.id);
  const DirectoryPtr directory = registry_.current();
  const bool more = !within(directory->grants_of(after.tenant, after.role), directory->grants_of(before.tenant, before.role));
  if (off || more) ends.sessions = sessions_.end_now();
  return ends;
}

Task<Result<store::User>> Users::take_password(Reactor& reactor, store::User user, NewPassword password) const {
  const store::User before = user;
  user.password_hash = std::move(password.hash);
  user.updated = now();
  store::UserEnds ends;
  ends.sessions = sessions_.end_now();
  ends.kept = std::move(password.kept);
  ends.ticket = password.ticket;
  co_return co_await registry_.change(reactor, std::move(user), before, std::move(ends));
}

Task<Result<UserWithPassword>> Users::set_password(Reactor& reactor, Actor actor, store::UserId id,
                                                   std::optional<Secret<std::string>> password,
                                                   std::optional<std::uint32_t> version) const {
  Result<store::User> user = co_await find_to_change(reactor, std::move(actor), std::move(id));
  if (!user) co_return user.error();
  if (version && *version != user->version) co_return store::version_conflict();
  std::optional<Secret<std::string>> drawn;
  if (password) {
    const Status fine = check_new_password(*password, "password");
    if (!fine) co_return fine.error();
  } else {
    drawn = draw_password(random_);
    password = drawn;
  }
  Result<std::string> hash = co_await passwords_.hash(reactor, std::move(*password));
  if (!hash) co_return hash.error();
  NewPassword wanted(std::move(*hash));
  Result<store::User> changed = co_await take_password(reactor, std::move(*user), std::move(wanted));
  if (!changed) co_return changed.error();
  co_return UserWithPassword(std::move(*changed), std::move(drawn));
}

Task<Status> Users::end_sessions(Reactor& reactor, Actor actor, store::UserId id) const {
  const Result<store::User> user = co_await find_to_change(reactor, std::move(actor), std::move(id));
  if (!user) co_return user.error();
  store::SessionId none;
  co_return co_await sessions_.end_others(reactor, user->id, std::move(none));
}

Task<Status> Users::remove(Reactor& reactor, Actor actor, store::UserId id, std::optional<std::uint32_t> version) const {
  Result<store::User> user = co_await find_to_change(reactor, std::move(actor), std::move(id));
  if (!user) co_return user.error();
  if (version && *version != user->version) co_return store::version_conflict();
  co_return co_await registry_.remove(reactor, std::move(*user), now(), sessions_.end_now());
}

}  // namespace gatehouse::identity
