// identity/budgets.h — what tenants, users and keys may spend: set, changed and removed by administrators.
// Rules    who does not administer the platform reaches their tenant's budgets alone, and sets, changes and removes those of its users and
//          keys: what the whole tenant may spend is for others to say. A change is seen at once
// Threads  any reactor
// Errors   budget_not_found, tenant_not_found, user_not_found and key_not_found (another tenant's, too), budget_not_allowed →
//          permission_denied, all origin caller; those of the store
#pragma once
#include <cstdint>
#include <optional>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/random.h"
#include "gatehouse/identity/registry.h"
#include "gatehouse/identity/users.h"

namespace gatehouse::identity {

struct NewBudget {
  explicit NewBudget(TenantId tenant_) : tenant(std::move(tenant_)) {}
  TenantId tenant;
  std::optional<store::UserId> user;
  std::optional<KeyId> key;
  store::BudgetUnit unit = store::BudgetUnit::tokens;
  std::int64_t amount = 0;
  store::BudgetPeriod period = store::BudgetPeriod::month;
};

class Budgets {
 public:
  Budgets(Registry& registry, RandomSource& random, const Clock& clock) : registry_(registry), random_(random), clock_(clock) {}

  Task<Result<store::Budget>> add(Reactor& reactor, Actor actor, NewBudget wanted) const;
  Task<Result<store::Budget>> find(Reactor& reactor, store::Reach reach, store::BudgetId id) const;
  Task<Result<store::Page<store::Budget>>> list(Reactor& reactor, store::BudgetQuery query) const;
  // One that they may change. version: that it must have; nothing: any. version_conflict
  Task<Result<store::Budget>> find_to_change(Reactor& reactor, Actor actor, store::BudgetId id, std::optional<std::uint32_t> version) const;
  // Found to be changed, with another amount.
  Task<Result<store::Budget>> set(Reactor& reactor, store::Budget changed) const;
  Task<Status> remove(Reactor& reactor, Actor actor, store::BudgetId id, std::optional<std::uint32_t> version) const;

 private:
  Registry& registry_;
  RandomSource& random_;
  const Clock& clock_;
};

}  // namespace gatehouse::identity
