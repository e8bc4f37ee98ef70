// gateway/tab.h — what one call of a model has taken of its limits, and what it costs in the end.
// Life     opened by the Governor before the engine is asked anything; measured once the prompt is counted; settled when the call is over.
//          One that was never measured gives everything back but the call itself; one that was forgiven, that as well
// Rules    nothing is computed that is not funded: budgets are reserved before, grow with the answer, and are settled to what was made.
//          What has been produced is written to the journal before it leaves the process
// Threads  the reactor of the connection
#pragma once
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gatehouse/base/result.h"
#include "gatehouse/gateway/generation.h"
#include "gatehouse/gateway/ledger_book.h"
#include "gatehouse/limits/fields.h"
#include "gatehouse/limits/inflight.h"
#include "gatehouse/limits/limit_table.h"
#include "gatehouse/telemetry/metrics.h"

namespace gatehouse::gateway {

// What a line of a tab is about.
enum class Taking : std::uint8_t { call, tokens_a_minute, quota, budget };

// What a limit has said, for the metrics.
struct LimitMeters {
  telemetry::Counter* admitted = nullptr;
  telemetry::Counter* refused = nullptr;
};

// One of the limits that a call keeps to.
struct TabLine {
  Taking taking = Taking::call;
  std::string_view name;                // as callers read it; of a budget its unit
  limits::Limit own_limit;              // where the configuration does not hold it
  const limits::Limit* rule = nullptr;  // null: own_limit
  limits::LimitKey key;
  LimitMeters meters;
  limits::Units per_prompt_token = 0, per_token = 0, per_call = 0;
  std::size_t budget = 0;        // of CallFacts::budgets
  std::int64_t period_ends = 0;  // of a budget
  limits::Units held = 0;        // taken in all
  limits::Decision said;         // when it was last asked
  const limits::Limit& limit() const { return rule != nullptr ? *rule : own_limit; }
};

// Who is told that a budget comes to its end: once a percentage and period.
// Threads  any
class BudgetAlerts {
 public:
  explicit BudgetAlerts(std::vector<unsigned> percents) : percents_(std::move(percents)) {}
  // What is taken of a budget went from before to now.
  void look(const limits::BudgetShare& share, const std::string& tenant, limits::Units amount, limits::Units before, limits::Units now);

 private:
  const std::vector<unsigned> percents_;
  std::mutex mutex_;
  std::map<std::pair<std::uint32_t, std::int64_t>, unsigned> said_;  // by budget and period
};

// Of one reactor.
struct TabDesk {
  limits::LimitTable& table;
  BudgetAlerts& alerts;
  limits::Inflight::Part& journal;
  LedgerBook& book;
  std::atomic<std::int64_t>& outstanding;  // reservations, of all reactors
  const Clock& clock;
};

class Tab {
 public:
  // Takes one call, and the least of tokens and money. rate_limit_exceeded, concurrency_exceeded, quota_exceeded (rate_limited);
  // server_is_overloaded (unavailable): there are as many calls as can be. fields: what a refusal says of the limits
  static Result<Tab> open(const TabDesk& desk, std::vector<TabLine> lines, limits::CallFacts facts, std::string* fields);
  Tab(Tab&& other) noexcept = default;
  Tab& operator=(Tab&&) = delete;
  ~Tab();

  // It is a call that is made once: known by this if the process ends meanwhile. Before it is measured.
  void mark(const limits::CallMark& mark);
  // The prompt is counted, and so many tokens may be made: takes the prompt, the tokens a minute, and pays for a first token. The same
  // refusals
  Status measure(std::uint32_t prompt_tokens, std::uint32_t allowance);
  // Pays for so many tokens in all, or fewer: as many as budgets hold, and where they hold little, a part of that, so that others who
  // draw on them get theirs. The same number twice: there is no more.
  std::uint32_t fund(std::uint32_t tokens);
  bool ran_dry() const { return ran_dry_; }
  // Before they are sent.
  void produced(std::uint32_t tokens);
  // The call is over.
  void settle(const Usage& usage);
  // It never was.
  void forgive();

  // Fields of the answer, as it stands now.
  std::string fields() const;
  // What that costs, in billionths; nothing where the model has no price.
  std::optional<limits::Units> cost(const Usage& usage) const;

 private:
  Tab(const TabDesk& desk, std::vector<TabLine> lines, limits::CallFacts facts, limits::Reservation reservation, std::uint32_t slot);
  std::optional<Error> grow(std::span<const limits::Units> volumes);
  limits::Units tokens_left() const;
  // It holds nothing any more.
  void let_go();
  void watch_budget(const TabLine& line, limits::Units taken) const;
  void follow_period(TabLine& line, const limits::Moment& now);
  limits::Moment now() const { return {desk_->clock.now(), desk_->clock.wall()}; }

  const TabDesk* desk_;
  std::vector<TabLine> lines_;
  std::unique_ptr<limits::CallFacts> facts_;  // null: it is settled
  std::optional<limits::Reservation> reservation_;
  std::uint32_t slot_ = 0;
  limits::CallUse use_;
  std::uint32_t funded_ = 0;
  bool measured_ = false, ran_dry_ = false;
};

}  // namespace gatehouse::gateway
