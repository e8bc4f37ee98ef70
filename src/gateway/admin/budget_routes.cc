// gateway/admin/budget_routes.cc — /api/admin/budgets.
#include <map>
#include <utility>

#include "gatehouse/base/decimal.h"
#include "gatehouse/limits/allowance.h"
#include "gatehouse/store/errors.h"
#include "gatehouse/wire/admin/budgets.h"
#include "objects.h"
#include "question_parts.h"

namespace gatehouse::gateway {
namespace {

// Nothing: none of it may be seen.
Result<std::optional<store::BudgetQuery>> budget_query_of(const Question& question) {
  store::BudgetQuery query(reach_of(question));
  if (const auto named = question.query.find("tenant")) {
    TenantId tenant{std::string(*named)};
    if (query.reach.tenant() && *query.reach.tenant() != tenant) return std::optional<store::BudgetQuery>();
    query.reach = store::Reach::of(std::move(tenant));
  }
  query.after = store::BudgetId(read_after(question.query));
  GH_TRY(query.limit, read_limit(question.query));
  return std::optional<store::BudgetQuery>(std::move(query));
}

Result<std::int64_t> units_of(const wire::Decimal& amount, store::BudgetUnit unit) {
  const bool money = unit == store::BudgetUnit::money;
  const std::optional<std::int64_t> units = parse_decimal(amount.text, money ? money_places : 0);
  if (units && *units > 0) return *units;
  if (money) return bad_field("/amount", "is more money than may be, or has more decimals", "at most 1000000000, with up to 9 decimals");
  return bad_field("/amount", "is no number of tokens", "a whole number");
}

Result<identity::NewBudget> budget_wished(const Question& question, wire::NewBudgetBody body) {
  identity::NewBudget wanted(tenant_of(question, body.tenant_id));
  if (body.user_id) wanted.user = store::UserId(std::move(*body.user_id));
  if (body.key_id) wanted.key = KeyId(std::move(*body.key_id));
  wanted.unit = store::parse_budget_unit(body.unit).value();
  wanted.period = store::parse_budget_period(body.period).value();
  GH_TRY(wanted.amount, units_of(body.amount, wanted.unit));
  return wanted;
}

// The days of tenants; one whose zone this machine does not know has those of UTC.
class Zones {
 public:
  // uses: knows them; null: they are read here, where no server runs.
  Zones(const identity::Directory& directory, const BudgetUses* uses) : directory_(directory), uses_(uses) {}
  const limits::Zone& of(const TenantId& tenant) {
    const identity::TenantEntry* const entry = directory_.tenant(tenant);
    if (entry == nullptr) return limits::Zone::utc();
    const std::string& name = entry->record.time_zone;
    if (uses_ != nullptr) return uses_->zone(name);
    auto known = zones_.find(name);
    if (known == zones_.end()) known = zones_.emplace(name, limits::Zone::open(name)).first;
    return known->second ? *known->second : limits::Zone::utc();
  }

 private:
  const identity::Directory& directory_;
  const BudgetUses* const uses_;
  std::map<std::string, Result<limits::Zone>> zones_;
};

using Spends = std::map<std::pair<std::uint32_t, std::int64_t>, std::int64_t>;  // by budget and beginning of the period

}  // namespace

Task<Result<std::vector<BudgetView>>> Administration::view(Reactor& reactor, std::vector<store::Budget> budgets) const {
  Spends kept;
  if (budget_uses_ == nullptr && !budgets.empty()) {
    const Result<std::vector<store::BudgetSpend>> spent = co_await house_.registry().store().budgets().spent(reactor);
    if (!spent) co_return spent.error();
    for (const store::BudgetSpend& one : *spent) kept[{one.budget, one.period}] = one.units;
  }
  const identity::DirectoryPtr directory = house_.registry().current();
  Zones zones(*directory, budget_uses_);
  std::vector<BudgetView> views;
  for (store::Budget& budget : budgets) {
    const bool ends = budget.period != store::BudgetPeriod::total;
    const limits::Zone& zone = zones.of(budget.tenant);
    const limits::Stretch now = limits::period_at(period_of(budget.period), zone, clock_.wall());
    BudgetUse use;
    if (budget_uses_ != nullptr) {
      // A tenant that has been removed since had its budgets removed with it.
      const identity::TenantEntry* const tenant = directory->tenant(budget.tenant);
      use = budget_uses_->of(budget, tenant == nullptr ? 0 : tenant->record.number, zone);
    } else if (const auto found = kept.find({budget.number, ends ? now.begins : 0}); found != kept.end()) {
      use.spent = found->second;
    }
    views.emplace_back(std::move(budget), use);
    if (ends) views.back().resets = store::Moment(seconds(now.ends));
  }
  co_return views;
}

Task<Result<Reply>> Administration::shown(Reactor& reactor, int status, store::Budget budget) const {
  const std::string id = budget.id.value();
  std::vector<store::Budget> one(1, std::move(budget));
  const Result<std::vector<BudgetView>> views = co_await view(reactor, std::move(one));
  if (!views) co_return views.error();
  co_return Reply(status, object_text(views->front())).about(id);
}

Task<Result<Reply>> Administration::budgets(Reactor& reactor, Question question) const {
  if (question.action == Action::budgets_list) co_return co_await list_budgets(reactor, std::move(question));
  if (question.action == Action::budget_add) co_return co_await add_budget(reactor, std::move(question));
  if (question.action == Action::budget_set) co_return co_await set_budget(reactor, std::move(question));
  store::BudgetId id(question.parameter);
  if (question.action == Action::budget_delete) {
    identity::Actor actor = actor_of(question);
    const Status removed = co_await house_.budgets().remove(reactor, std::move(actor), std::move(id), question.version);
    if (!removed) co_return removed.error();
    co_return Reply(204, {});
  }
  store::Reach reach = reach_of(question);
  Result<store::Budget> budget = co_await house_.budgets().find(reactor, std::move(reach), std::move(id));
  if (!budget) co_return budget.error();
  co_return co_await shown(reactor, 200, std::move(*budget));
}

Task<Result<Reply>> Administration::list_budgets(Reactor& reactor, Question question) const {
  Result<std::optional<store::BudgetQuery>> query = budget_query_of(question);
  if (!query) co_return query.error();
  store::Page<BudgetView> page;
  if (*query) {
    Result<store::Page<store::Budget>> found = co_await house_.budgets().list(reactor, std::move(**query));
    if (!found) co_return found.error();
    page.has_more = found->has_more;
    Result<std::vector<BudgetView>> views = co_await view(reactor, std::move(found->data));
    if (!views) co_return views.error();
    page.data = std::move(*views);
  }
  co_return Reply(200, list_text(page));
}

Task<Result<Reply>> Administration::add_budget(Reactor& reactor, Question question) const {
  Result<wire::NewBudgetBody> body = read_body(question, &wire::read_new_budget);
  if (!body) co_return body.error();
  Result<identity::NewBudget> wanted = budget_wished(question, std::move(*body));
  if (!wanted) co_return wanted.error();
  identity::Actor actor = actor_of(question);
  Result<store::Budget> budget = co_await house_.budgets().add(reactor, std::move(actor), std::move(*wanted));
  if (!budget) co_return budget.error();
  co_return co_await shown(reactor, 201, std::move(*budget));
}

Task<Result<Reply>> Administration::set_budget(Reactor& reactor, Question question) const {
  const Result<wire::BudgetBody> body = read_body(question, &wire::read_budget);
  if (!body) co_return body.error();
  identity::Actor actor = actor_of(question);
  store::BudgetId id(question.parameter);
  Result<store::Budget> budget = co_await house_.budgets().find_to_change(reactor, std::move(actor), std::move(id), question.version);
  if (!budget) co_return budget.error();
  if (body->amount) {
    const Result<std::int64_t> amount = units_of(*body->amount, budget->unit);
    if (!amount) co_return amount.error();
    budget->amount = *amount;
  }
  Result<store::Budget> changed = co_await house_.budgets().set(reactor, std::move(*budget));
  if (!changed) co_return changed.error();
  co_return co_await shown(reactor, 200, std::move(*changed));
}

}  // namespace gatehouse::gateway
