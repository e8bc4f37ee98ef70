// tests/scenario/demo.h — the tenant demo before the whole gateway, with limits, a quota and budgets as a test says them.
#pragma once
#include <string>
#include <utility>

#include "whole_gateway.h"

namespace gatehouse::testing {

inline limits::Rule rule(const std::string& name, limits::Limit limit, limits::Counted counted = limits::Counted::calls) {
  limits::Rule made;
  made.name = name;
  made.origin = "a test";
  made.limit = limit;
  made.counted = counted;
  made.each_credential = true;
  return made;
}

inline gateway::LimitRules with(limits::Rule one) {
  gateway::LimitRules rules;
  rules.calls.push_back(std::move(one));
  return rules;
}

class Demo : public WholeGateway {
 public:
  explicit Demo(gateway::LimitRules limits = {}, gateway::CacheRules cache = {}, engine::ScriptedOptions engine_options = {})
      : WholeGateway(std::move(engine_options), "", {}, std::move(limits), cache) {}
  void set_quota(std::int64_t calls) {
    store::Tenant tenant = directory()->tenant(TenantId("demo"))->record;
    tenant.quota_per_day = calls;
    GH_ASSERT(done(house().registry().change(reactor, tenant)).ok());
  }
  void set_budget(store::BudgetUnit unit, std::int64_t amount, store::BudgetPeriod period = store::BudgetPeriod::total) {
    store::Budget budget(store::BudgetId("b" + std::to_string(++budgets_)), TenantId("demo"));
    budget.created = std::chrono::floor<seconds>(clock.wall());
    budget.unit = unit;
    budget.amount = amount;
    budget.period = period;
    GH_ASSERT(done(house().registry().create(reactor, budget)).ok());
  }
  // Of the first one.
  void change_budget(std::int64_t amount) {
    store::Budget changed = budget();
    changed.amount = amount;
    GH_ASSERT(done(house().registry().change(reactor, changed)).ok());
  }
  void remove_budget() { GH_ASSERT(done(house().registry().remove(reactor, store::Reach::everything(), budget().id, std::nullopt)).ok()); }
  store::Budget budget() { return directory()->budgets(TenantId("demo"))->front(); }
  gateway::BudgetUse budget_use() {
    return gateway().budget_uses().of(budget(), directory()->tenant(TenantId("demo"))->record.number, limits::Zone::utc());
  }
  gateway::LedgerBook::Taken ledger() { return gateway().ledger(reactor).take(); }
  identity::DirectoryPtr directory() { return house().registry().current(); }

  static constexpr std::int64_t day_length = 86'400;
  // To so long before the next midnight, UTC.
  void go_before_midnight(nanoseconds early) {
    const nanoseconds into = clock.wall().time_since_epoch() % seconds(day_length);
    clock.advance(seconds(2 * day_length) - into - early);
  }

 private:
  int budgets_ = 0;
};

}  // namespace gatehouse::testing
