// identity/tenants.h — registering tenants and changing what they may do.
// Rules    an id is 1 to 63 of a–z, 0–9, '.', '_' and '-', and begins with a letter or digit; "system" is ours
// Threads  any reactor
// Errors   tenant_id_invalid, task_unknown, scope_unknown, token_lifetime_invalid → invalid_argument, origin caller; those of the store
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "gatehouse/identity/init.h"
#include "gatehouse/identity/keys.h"
#include "gatehouse/identity/tokens.h"

namespace gatehouse::identity {

// What may be said of a tenant; what is not said stays as it is, or as usual.
struct TenantWish {
  TenantWish() = default;
  std::optional<bool> enabled, console;
  std::optional<std::int64_t> quota_per_day;
  std::optional<std::vector<std::string>> tasks, models, scopes;
  std::optional<seconds> token_lifetime;
  std::optional<store::Signatures> signatures;
  std::optional<std::string> time_zone;  // one that the machine knows
  std::optional<std::uint32_t> weight;
};

struct RegisteredTenant {
  RegisteredTenant(store::Tenant tenant_, CreatedKey key_, IssuedToken token_)
      : tenant(std::move(tenant_)), key(std::move(key_)), token(std::move(token_)) {}
  store::Tenant tenant;
  CreatedKey key;
  IssuedToken token;
};

class Tenants {
 public:
  // usual_quota: calls a day of a tenant that is made without a number of its own.
  Tenants(Registry& registry, const Keys& keys, const Tokens& tokens, const Clock& clock, std::int64_t usual_quota)
      : registry_(registry), keys_(keys), tokens_(tokens), clock_(clock), usual_quota_(usual_quota) {}

  // With a key and a service token, both shown once.
  Task<Result<RegisteredTenant>> add(Reactor& reactor, TenantId id, TenantWish wish) const;
  // version: of the tenant that the wish was made for; nothing: whatever it is now.
  Task<Result<store::Tenant>> set(Reactor& reactor, TenantId id, TenantWish wish, std::optional<std::uint32_t> version) const;
  Task<Result<store::Tenant>> find(Reactor& reactor, TenantId id) const;
  Task<Result<store::Page<store::Tenant>>> list(Reactor& reactor, TenantId after, std::size_t limit) const;
  // One that may be removed: tenant_reserved
  Task<Result<store::Tenant>> find_to_remove(Reactor& reactor, TenantId id) const;
  // With all that belongs to it. version: as with set.
  Task<Status> remove(Reactor& reactor, TenantId id, std::optional<std::uint32_t> version) const;

 private:
  Registry& registry_;
  const Keys& keys_;
  const Tokens& tokens_;
  const Clock& clock_;
  const std::int64_t usual_quota_;
};

// A pure function: the tenant as wished.
Status apply(const TenantWish& wish, store::Tenant& tenant);

}  // namespace gatehouse::identity
