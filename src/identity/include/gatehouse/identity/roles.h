// identity/roles.h — a tenant's own roles: made, changed and removed by administrators.
// Rules    who does not administer the platform reaches their tenant's roles alone, and neither makes nor touches one that gives more than
//          they have. No role gives what its tenant has not, and platform:admin is given by 'platform-admin' alone. A change is seen at
//          once, by what was issued before, too
// Threads  any reactor
// Errors   role_not_found and tenant_not_found (another tenant's, too), role_not_allowed → permission_denied; scope_unknown,
//          scope_not_allowed, task_unknown → invalid_argument, all origin caller; those of the store
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/settable.h"
#include "gatehouse/identity/registry.h"
#include "gatehouse/identity/users.h"

namespace gatehouse::identity {

// What is not said stays as it is, or as usual: what members may do.
struct RoleWish {
  RoleWish() = default;
  std::optional<std::vector<std::string>> scopes, tasks, models;
  Settable<std::uint32_t> max_tokens, n;
  Settable<double> temperature;
};

// Which one.
struct RoleName {
  RoleName(TenantId tenant_, std::string name_) : tenant(std::move(tenant_)), name(std::move(name_)) {}
  TenantId tenant;
  std::string name;
};

class Roles {
 public:
  Roles(Registry& registry, const Clock& clock) : registry_(registry), clock_(clock) {}

  Task<Result<store::Role>> add(Reactor& reactor, Actor actor, RoleName name, RoleWish wish) const;
  Task<Result<store::Role>> find(Reactor& reactor, store::Reach reach, RoleName name) const;
  Task<Result<store::Page<store::Role>>> list(Reactor& reactor, store::RoleQuery query) const;
  // version: of the role that the wish was made for; nothing: whatever it is now.
  Task<Result<store::Role>> set(Reactor& reactor, Actor actor, RoleName name, RoleWish wish, std::optional<std::uint32_t> version) const;
  // version: as with set. role_in_use
  Task<Status> remove(Reactor& reactor, Actor actor, RoleName name, std::optional<std::uint32_t> version) const;
  // One that they may touch; role_not_allowed.
  Task<Result<store::Role>> find_to_change(Reactor& reactor, Actor actor, RoleName name) const;

 private:
  Registry& registry_;
  const Clock& clock_;
};

// A pure function: the role as wished, in a tenant with these scopes.
Status apply(const RoleWish& wish, Scopes tenant, store::Role& role);

}  // namespace gatehouse::identity
