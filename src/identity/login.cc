#include "gatehouse/identity/login.h"

#include <utility>

namespace gatehouse::identity {
namespace {

Error login_failed() { return Error(Code::unauthenticated, Origin::caller, "login_failed", "Incorrect username or password"); }
Error user_inactive() { return Error(Code::permission_denied, Origin::caller, "user_inactive", "Inactive user"); }
Error tenant_disabled() { return Error(Code::permission_denied, Origin::caller, "tenant_disabled", "Tenant is disabled"); }

}  // namespace

Scopes scopes_of_role(std::string_view role) {
  Scopes scopes = usual_scopes();
  if (role == store::role_member) return scopes;
  for (const Scope more : {Scope::audit_read, Scope::keys_write, Scope::models_write, Scope::tenant_admin}) scopes.add(more);
  if (role == store::role_platform_admin) scopes.add(Scope::platform_admin);
  return scopes;
}

Task<Result<IssuedToken>> Login::by_password(Reactor& reactor, Credentials credentials) const {
  Result<store::User> user = co_await registry_.store().users().find_by_name(reactor, credentials.username);
  if (!user && user.error().reason() != "user_not_found") co_return user.error();
  std::string kept = user ? user->password_hash : std::string();
  Result<Verdict> verdict = co_await passwords_.verify(reactor, std::move(credentials.password), std::move(kept));
  if (!verdict) co_return verdict.error();
  if (!user || *verdict == Verdict::wrong) co_return login_failed();
  if (!user->is_active) co_return user_inactive();
  const DirectoryPtr directory = registry_.current();
  const TenantEntry* tenant = directory->tenant(user->tenant);
  if (tenant == nullptr || !tenant->record.enabled) co_return tenant_disabled();
  NewToken wanted(user->tenant, user->id.value(), scopes_of_role(user->role), lifetime_);
  wanted.username = user->username;
  co_return tokens_.sign(wanted);
}

Task<Result<store::User>> Login::user_of(Reactor& reactor, const Principal& principal) const {
  store::UserId id(principal.subject);
  store::Reach reach = store::Reach::of(principal.tenant);
  co_return co_await registry_.store().users().find(reactor, std::move(reach), std::move(id));
}

}  // namespace gatehouse::identity
