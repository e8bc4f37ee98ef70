// gateway/tab_plan.h — the limits that the calls of one credential have on one model and route: the same for all of them, for as long as
// the directory and the day are the same.
// Threads  its reactor
#pragma once
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/gateway/ledger_book.h"
#include "gatehouse/limits/inflight.h"
#include "gatehouse/limits/limit_table.h"
#include "gatehouse/telemetry/metrics.h"
#include "limit_lines.h"

namespace gatehouse::gateway {

// What a limit of a call is about, in the order in which they stand in a plan.
enum class Taking : std::uint8_t { call, quota, tokens_a_minute, budget };

// What a limit has said, for the metrics.
struct LimitMeters {
  telemetry::Counter* admitted = nullptr;
  telemetry::Counter* refused = nullptr;
};

struct PlannedLimit {
  Taking taking = Taking::call;
  std::string name;  // as callers read it; of a budget its unit
  limits::Limit limit;
  limits::LimitKey key;
  LimitMeters meters;
};

// What calls take of a budget, and its period that is now.
struct BudgetTerms {
  limits::Units per_prompt_token = 0, per_token = 0, per_call = 0;
  limits::Stretch period;
};

// The facts of calls in a journal, for as long as there may be more of them.
class KeptFacts {
 public:
  KeptFacts() = default;
  ~KeptFacts() {
    if (number_) journal_->let_go(*number_);
  }
  KeptFacts(const KeptFacts&) = delete;
  KeptFacts& operator=(const KeptFacts&) = delete;
  // Nothing: the journal has no room for them.
  std::optional<std::uint32_t> in(limits::Inflight::Part& journal, const limits::CallFacts& facts) {
    if (!number_) journal_ = &journal, number_ = journal.keep(facts);
    return number_;
  }

 private:
  limits::Inflight::Part* journal_ = nullptr;
  std::optional<std::uint32_t> number_;
};

struct TabSheet;

struct TabPlan : boost::intrusive_ref_counter<TabPlan, boost::thread_unsafe_counter> {
  TabPlan();
  ~TabPlan();
  TabPlan(const TabPlan&) = delete;
  TabPlan& operator=(const TabPlan&) = delete;

  std::vector<PlannedLimit> limits;
  std::vector<limits::Charge> charges;            // of each: the least that a call takes, which is refused where there is not even that
  std::size_t tokens_from = 0, budgets_from = 0;  // where those begin that grow: tokens a minute, and budgets
  std::vector<BudgetTerms> budgets;
  limits::CallFacts facts;
  KeptFacts kept;
  LedgerBook::Line line;  // of the facts, in the book of its reactor
  LimitLines lines;       // of its answers
  limits::Stretch today;  // which facts.day is
  const limits::Zone* zone = nullptr;
  std::uint64_t directory = 0;                   // the version that it is from
  std::vector<std::unique_ptr<TabSheet>> spare;  // which its next calls are written on: their charges are as they are here
};

// Counted by its reactor alone.
using TabPlanPtr = boost::intrusive_ptr<TabPlan>;

// Whether its day and the periods of its budgets are still those that are now,
bool stands_at(const TabPlan& plan, WallTime now);
// and what makes them so, in a plan that is new.
void begin_at(TabPlan& plan, WallTime now);
// Days since 1970 where the clocks of the zone are.
std::int32_t date_in(const limits::Zone& zone, WallTime now);
// As it is kept: what never ends began at 0.
std::int64_t kept_beginning(const limits::Stretch& period);

}  // namespace gatehouse::gateway
