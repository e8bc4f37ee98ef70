// gateway/governor.h — which limits a request has, and whether it may go on.
// Threads  by reactor: the methods that take one, on it; use() from any thread
#pragma once
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
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
#include "pipeline.h"
#include "tab.h"

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
  Result<Tab> open(const Identified& identified, const ServedModel& model, std::string* fields);

  // Somebody asks again for what was answered: counts for rates, and costs nothing else. rate_limit_exceeded, concurrency_exceeded
  Status count_repeat(const Identified& identified, const ServedModel& model, std::string* fields);

  LedgerBook& book(std::size_t reactor) { return books_[reactor]; }

  BudgetUse of(const store::Budget& budget, const limits::Zone& zone) const override;

 private:
  struct Budgets {
    const std::vector<store::Budget>* list;
    const limits::Zone* zone;
  };
  const limits::Zone* zone(const std::string& name) const;
  limits::Allowance allowance_of(const store::Budget& budget, const limits::Zone* zone) const;
  void add_rules(std::vector<TabLine>& lines, const limits::Asked& asked) const;
  void add_budgets(std::vector<TabLine>& lines, limits::CallFacts& facts, const Budgets& of, const identity::Principal& who) const;

  const Clock& clock_;
  std::vector<identity::Authenticator>& authenticators_;
  const LimitRules rules_;
  const std::vector<LimitMeters> rule_meters_;  // by rule
  const LimitMeters stranger_meters_, quota_meters_, budget_meters_;
  mutable limits::LimitTable table_;
  BudgetAlerts alerts_;
  std::vector<LedgerBook> books_;
  std::atomic<std::int64_t> outstanding_{0};
  std::vector<TabDesk> desks_;
  mutable std::mutex zones_mutex_;
  mutable std::map<std::string, std::unique_ptr<const limits::Zone>> zones_;
};

}  // namespace gatehouse::gateway
