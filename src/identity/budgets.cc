#include "gatehouse/identity/budgets.h"

#include <utility>

#include "gatehouse/store/errors.h"

namespace gatehouse::identity {
namespace {

Status check_may_say(const Actor& actor, bool of_the_whole_tenant) {
  if (actor.platform || !of_the_whole_tenant) return ok();
  return Error(Code::permission_denied, Origin::caller, "budget_not_allowed", "Not enough permissions")
      .with_param(std::string(to_string(Scope::platform_admin)));
}

}  // namespace

Task<Result<store::Budget>> Budgets::add(Reactor& reactor, Actor actor, NewBudget wanted) const {
  if (actor.reach.tenant() && *actor.reach.tenant() != wanted.tenant) co_return store::tenant_not_found();
  const Status fine = check_may_say(actor, !wanted.user && !wanted.key);
  if (!fine) co_return fine.error();
  store::Budget budget(store::BudgetId(random_.uuid()), std::move(wanted.tenant));
  budget.user = std::move(wanted.user);
  budget.key = std::move(wanted.key);
  budget.unit = wanted.unit;
  budget.amount = wanted.amount;
  budget.period = wanted.period;
  budget.created = std::chrono::floor<seconds>(clock_.wall());
  co_return co_await registry_.create(reactor, std::move(budget));
}

Task<Result<store::Budget>> Budgets::find(Reactor& reactor, store::Reach reach, store::BudgetId id) const {
  co_return co_await registry_.store().budgets().find(reactor, std::move(reach), std::move(id));
}

Task<Result<store::Page<store::Budget>>> Budgets::list(Reactor& reactor, store::BudgetQuery query) const {
  co_return co_await registry_.store().budgets().list(reactor, std::move(query));
}

Task<Result<store::Budget>> Budgets::find_to_change(Reactor& reactor, Actor actor, store::BudgetId id,
                                                    std::optional<std::uint32_t> version) const {
  Result<store::Budget> budget = co_await registry_.store().budgets().find(reactor, actor.reach, std::move(id));
  if (!budget) co_return budget;
  const Status fine = check_may_say(actor, !budget->user && !budget->key);
  if (!fine) co_return fine.error();
  if (version && *version != budget->version) co_return store::version_conflict();
  co_return budget;
}

Task<Result<store::Budget>> Budgets::set(Reactor& reactor, store::Budget changed) const {
  co_return co_await registry_.change(reactor, std::move(changed));
}

Task<Status> Budgets::remove(Reactor& reactor, Actor actor, store::BudgetId id, std::optional<std::uint32_t> version) const {
  const Result<store::Budget> budget = co_await find_to_change(reactor, actor, std::move(id), version);
  if (!budget) co_return budget.error();
  store::Reach reach = store::Reach::of(budget->tenant);
  co_return co_await registry_.remove(reactor, std::move(reach), budget->id, version);
}

}  // namespace gatehouse::identity
