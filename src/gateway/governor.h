// gateway/governor.h — which limits a request has, and whether it may go on.
// Threads  by reactor: the methods that take one, on it; use() from any thread
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/gateway/budget_uses.h"
#include "gatehouse/gateway/gateway.h"
#include "gatehouse/gateway/ledger_book.h"
#include "gatehouse/gateway/limit_rules.h"
#include "gatehouse/gateway/route.h"
#include "gatehouse/identity/authenticator.h"
#include "gatehouse/limits/inflight.h"
#include "gatehouse/limits/limit_table.h"
#include "gatehouse/limits/zones.h"
#include "pipeline.h"
#include "tab.h"
#include "tab_plans.h"

namespace gatehouse::gateway {

struct GovernorParts {
  const Clock& clock;
  RandomSource& random;
  std::vector<identity::Authenticator>& authenticators;  // by reactor
  telemetry::Metrics& metrics;
  limits::Inflight& journal;  // a part by reactor
  std::size_t reactors;
  LimitRules rules;
};

class Governor final : public BudgetUses {
 public:
  explicit Governor(GovernorParts parts);
  ~Governor() override;

  // Before the reactors run.
  void remember(const SpentBefore& before, const identity::Directory& directory);

  // A request that nobody stands behind, or whose credential was refused. rate_limit_exceeded, and fields that say more
  Status stranger(std::string_view address, std::string* fields);
  bool counts_everybody() const { return rules_.on && rules_.strangers_are_all && rules_.strangers; }

  // A call of a model, once that is permitted: the refusals of Tab::open().
  Result<Tab> open(const Identified& identified, const ServedModel& model, std::string* fields, bool* counted = nullptr);
  // Of one whose needs are known already: measured with that.
  Result<Tab> open(const Identified& identified, const ServedModel& model, std::string* fields, const Measures& known);

  // Somebody asks again for what was answered: counts for rates, and costs nothing else. rate_limit_exceeded, concurrency_exceeded
  Status count_repeat(const Identified& identified, const ServedModel& model, std::string* fields);

  LedgerBook& book(std::size_t reactor) { return books_[reactor]; }

  // Reads the files of the time zones that tenants have: on a thread where nobody waits for it.
  void learn_zones(const identity::Directory& directory);
  BudgetUse of(const store::Budget& budget, std::uint32_t tenant, const limits::Zone& zone) const override;
  const limits::Zone& zone(const std::string& name) const override { return zones_.of(name); }

 private:
  TabPlanPtr plan_for(const Identified& identified, const ServedModel& model, std::size_t reactor, WallTime now);
  TabPlanPtr make_plan(const Identified& identified, const ServedModel& model, const identity::Directory& directory) const;
  void add_rules(TabPlan& plan, const limits::Asked& asked, limits::Counted counted) const;
  // tokens: those of tokens as well as those of money.
  void add_budgets(TabPlan& plan, const std::vector<store::Budget>& budgets, const identity::Principal& who, bool tokens) const;
  void add(TabPlan& plan, PlannedLimit limit, limits::Units least) const;
  double reservations() const;

  const Clock& clock_;
  std::vector<identity::Authenticator>& authenticators_;
  const LimitRules rules_;
  const std::vector<LimitMeters> rule_meters_;  // by rule
  const LimitMeters stranger_meters_, quota_meters_, budget_meters_;
  mutable limits::LimitTable table_;
  limits::LimitTable strangers_;
  BudgetAlerts alerts_;
  std::vector<LedgerBook> books_;
  std::vector<Outstanding> outstanding_;  // by reactor
  std::vector<TabDesk> desks_;
  std::vector<TabPlans> plans_;  // by reactor
  limits::Zones zones_;
};

}  // namespace gatehouse::gateway
