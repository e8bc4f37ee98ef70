#include "gatehouse/identity/roles.h"

#include <algorithm>
#include <utility>

#include "field_error.h"
#include "gatehouse/store/checks.h"
#include "gatehouse/store/errors.h"

namespace gatehouse::identity {
namespace {

Status check_scopes(const std::vector<std::string>& names, Scopes given, const TenantId& tenant) {
  GH_TRY(const Scopes scopes, Scopes::parse(names));
  if (scopes.has(Scope::platform_admin)) {
    return caller_error("scope_not_allowed", "platform:admin is given by the role platform-admin alone").with_param("scopes");
  }
  const Scopes most = scopes_of_people(given, tenant);
  if (scopes.within(most)) return ok();
  std::string text = "The tenant has not:";
  for (const Scope scope : all_scopes()) {
    if (scopes.has(scope) && !most.has(scope)) text.append(" ").append(to_string(scope));
  }
  return caller_error("scope_not_allowed", std::move(text)).with_param("scopes");
}

// What members have.
std::vector<std::string> usual_names(Scopes most) {
  const Scopes usual = Grants::of_built_in(store::role_member).scopes.limited_to(most);
  std::vector<std::string> names = usual.names();
  if (usual.has(Scope::nlu)) std::erase_if(names, [](const std::string& name) { return std::ranges::count(all_tasks(), name) > 0; });
  return names;
}

// Each once, in an order of its own.
void take(const std::optional<std::vector<std::string>>& wish, std::vector<std::string>& names) {
  if (!wish) return;
  names = *wish;
  std::ranges::sort(names);
  const auto repeated = std::ranges::unique(names);
  names.erase(repeated.begin(), repeated.end());
}

template <class T>
void take(const Settable<T>& wish, std::optional<T>& ceiling) {
  if (wish.said) ceiling = wish.value;
}

// By what it gives now, which is no more than its tenant has, as with whoever administers.
Status check_most(const Actor& actor, const store::Role& role, Scopes tenant) {
  Grants grants = Grants::of(role);
  grants.scopes = grants.scopes.limited_to(scopes_of_people(tenant, role.tenant));
  return actor.platform || within(grants, actor.most) ? ok() : Status(role_not_allowed("role"));
}

}  // namespace

Status apply(const RoleWish& wish, Scopes tenant, store::Role& role) {
  if (wish.scopes) GH_CHECK(check_scopes(*wish.scopes, tenant, role.tenant));
  if (wish.tasks) GH_CHECK(check_tasks(*wish.tasks));
  take(wish.scopes, role.scopes);
  take(wish.tasks, role.tasks);
  take(wish.models, role.models);
  take(wish.max_tokens, role.max_tokens);
  take(wish.n, role.n);
  take(wish.temperature, role.temperature);
  return store::check(role);
}

Task<Result<store::Role>> Roles::add(Reactor& reactor, Actor actor, RoleName name, RoleWish wish) const {
  if (!actor.reach.includes(name.tenant)) co_return store::tenant_not_found();
  const Result<store::Tenant> tenant = co_await registry_.store().tenants().find(reactor, name.tenant);
  if (!tenant) co_return tenant.error();
  const Scopes given = Scopes::known(tenant->scopes);
  store::Role role(tenant->id, std::move(name.name));
  role.scopes = usual_names(scopes_of_people(given, tenant->id));
  role.tasks = all_tasks();
  role.models = {"*"};
  role.created = std::chrono::floor<seconds>(clock_.wall());
  Status fine = apply(wish, given, role);
  if (fine) fine = check_most(actor, role, given);
  if (!fine) co_return fine.error();
  co_return co_await registry_.create(reactor, std::move(role));
}

Task<Result<store::Role>> Roles::find(Reactor& reactor, store::Reach reach, RoleName name) const {
  if (!reach.includes(name.tenant)) co_return store::role_not_found();
  co_return co_await registry_.store().roles().find(reactor, std::move(name.tenant), std::move(name.name));
}

Task<Result<store::Page<store::Role>>> Roles::list(Reactor& reactor, store::RoleQuery query) const {
  co_return co_await registry_.store().roles().list(reactor, std::move(query));
}

Task<Result<store::Role>> Roles::find_to_change(Reactor& reactor, Actor actor, RoleName name) const {
  Result<store::Role> role = co_await find(reactor, actor.reach, std::move(name));
  if (!role) co_return role;
  const DirectoryPtr directory = registry_.current();
  const TenantEntry* const tenant = directory->tenant(role->tenant);
  if (tenant == nullptr) co_return store::role_not_found();
  const Status fine = check_most(actor, *role, tenant->scopes);
  if (!fine) co_return fine.error();
  co_return role;
}

Task<Result<store::Role>> Roles::set(Reactor& reactor, Actor actor, RoleName name, RoleWish wish,
                                     std::optional<std::uint32_t> version) const {
  Result<store::Role> role = co_await find_to_change(reactor, actor, std::move(name));
  if (!role) co_return role.error();
  const Result<store::Tenant> tenant = co_await registry_.store().tenants().find(reactor, role->tenant);
  if (!tenant) co_return tenant.error();
  if (version && *version != role->version) co_return store::version_conflict();
  const Scopes given = Scopes::known(tenant->scopes);
  Status fine = apply(wish, given, *role);
  if (fine) fine = check_most(actor, *role, given);
  if (!fine) co_return fine.error();
  co_return co_await registry_.change(reactor, std::move(*role));
}

Task<Status> Roles::remove(Reactor& reactor, Actor actor, RoleName name, std::optional<std::uint32_t> version) const {
  const Result<store::Role> role = co_await find_to_change(reactor, std::move(actor), std::move(name));
  if (!role) co_return role.error();
  if (version && *version != role->version) co_return store::version_conflict();
  co_return co_await registry_.remove_role(reactor, role->tenant, role->name, role->version);
}

}  // namespace gatehouse::identity
