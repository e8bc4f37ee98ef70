// gateway/tab.h — what one call of a model has taken of its limits, and what it costs in the end.
// Life     opened by the Governor before the engine is asked anything; measured once the prompt is counted; settled when the call is over.
//          One that was never measured gives everything back but the call itself; one that was forgiven, that as well
// Rules    nothing is computed that is not funded: budgets are reserved before, grow with the answer, and are settled to what was made.
//          A budget that is changed meanwhile is another sum from the next grant on. What has been produced is written to the journal
//          before it leaves the process. Who the rates let through counts for them, whatever refuses the call then
// Threads  the reactor of the connection
#pragma once
#include <algorithm>
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
#include "gatehouse/identity/authenticator.h"
#include "gatehouse/limits/fields.h"
#include "gatehouse/limits/inflight.h"
#include "gatehouse/limits/limit_table.h"
#include "tab_plan.h"

namespace gatehouse::gateway {

// Who is told that a budget comes to its end: once a percentage, period and amount.
// Threads  any
class BudgetAlerts {
 public:
  explicit BudgetAlerts(std::vector<unsigned> percents)
      : percents_(std::move(percents)), least_(percents_.empty() ? 100 : std::min(*std::ranges::min_element(percents_), 100U)) {}
  // So much of a budget is taken now.
  void look(const limits::BudgetShare& share, const std::string& tenant, limits::Units amount, limits::Units taken) {
    if (taken >= amount / 100 * least_) look_closer(share, tenant, amount, taken);
  }

 private:
  void look_closer(const limits::BudgetShare& share, const std::string& tenant, limits::Units amount, limits::Units taken);
  struct Said {
    std::int64_t period = 0;
    limits::Units amount = 0;
    unsigned percent = 0;
  };
  const std::vector<unsigned> percents_;
  const limits::Units least_;  // of them; 100 at most
  std::mutex mutex_;
  std::map<std::uint32_t, Said> said_;  // by budget
};

// What a tab is written on; the next one of its plan is written there, too.
struct TabSheet {
  explicit TabSheet(limits::LimitTable& table) : reservation(table.nothing()) {}
  TabPlanPtr plan;
  std::vector<limits::Charge> charges;   // one for each limit of the plan, with what it said when it was last asked
  std::vector<limits::Units> held;       // taken in all, of tokens a minute and budgets
  std::vector<limits::Limit> amounts;    // of budgets, once one of them was changed
  std::optional<limits::CallFacts> own;  // where they are not those of the plan any more
  limits::Reservation reservation;
};

// Reservations of one reactor, which alone writes here; anybody may read.
struct alignas(64) Outstanding {
  std::atomic<std::int64_t> calls{0};
  void change(std::int64_t by) { calls.store(calls.load(std::memory_order_relaxed) + by, std::memory_order_relaxed); }
};

// Of one reactor.
struct TabDesk {
  limits::LimitTable& table;
  BudgetAlerts& alerts;
  limits::Inflight::Part& journal;
  LedgerBook& book;
  Outstanding& outstanding;
  const Clock& clock;
  const std::vector<identity::Authenticator>& authenticators;  // by reactor
  std::size_t reactor = 0;
  const identity::Directory& directory() const { return authenticators[reactor].directory(); }
};

// What a call is known to need once its prompt is counted.
struct Measures {
  std::uint32_t prompt_tokens = 0;
  std::uint32_t allowance = 0;  // of tokens, over all its choices
  std::uint32_t choices = 1;
};

class Tab {
 public:
  // Takes one call, and the least of tokens and money. rate_limit_exceeded, concurrency_exceeded, quota_exceeded (rate_limited);
  // server_is_overloaded (unavailable): there are as many calls as can be. fields: what a refusal says of the limits.
  // now: the one moment that all of it goes by. counted: whether the rates let it through, and so count it, whatever refuses it; may be
  // null
  static Result<Tab> open(TabDesk& desk, TabPlanPtr plan, const limits::Moment& now, std::string& fields, bool* counted = nullptr);
  // The same for a call whose needs are known already: all of it at once, and it is measured with that.
  static Result<Tab> open(TabDesk& desk, TabPlanPtr plan, const limits::Moment& now, std::string& fields, const Measures& known);
  Tab(Tab&& other) noexcept = default;
  Tab& operator=(Tab&&) = delete;
  ~Tab();

  // It is a call that is made once: known by this if the process ends meanwhile. Before it is measured.
  void mark(const limits::CallMark& mark);
  // What it is for, where that is not language. Before it is measured.
  void name_task(std::string_view task);
  // The prompt is counted, and so many tokens may be made: takes the prompt, the tokens a minute, and pays for the first token of each
  // choice. The same refusals
  Status measure(const Measures& measures);
  // Instead of that: what is answered was made before. It takes a call and the price of one, and no tokens; what was held of those since
  // it was opened is there again.
  void count_repeat();
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

  // Fields of the answer, as it stands now: into the text, in place of what is there.
  void tell(std::string& fields) const;
  // What that costs, in billionths; nothing where the model has no price.
  std::optional<limits::Units> cost(const Usage& usage) const;

 private:
  Tab(TabDesk& desk, std::unique_ptr<TabSheet> sheet) : desk_(&desk), sheet_(std::move(sheet)), directory_(sheet_->plan->directory) {}
  // What it takes is taken.
  static Result<Tab> open_on(TabDesk& desk, std::unique_ptr<TabSheet> sheet);
  std::size_t tokens_from() const { return sheet_->plan->tokens_from; }
  std::size_t budgets_from() const { return sheet_->plan->budgets_from; }
  const limits::CallFacts& facts() const { return sheet_->own ? *sheet_->own : sheet_->plan->facts; }
  limits::CallFacts& own_facts();
  const limits::Allowance& allowance(std::size_t line) const { return std::get<limits::Allowance>(*sheet_->charges[line].rule); }
  limits::Units& held(std::size_t line) { return sheet_->held[line - tokens_from()]; }
  // Takes what the charges from that one on say, all or none.
  bool grow(std::size_t from);
  void is_measured(const Measures& measures);
  Error not_measured();
  void count_for_quota();
  void follow_budgets();
  limits::Units tokens_left() const;
  // It holds nothing any more.
  void let_go();
  void watch_budget(std::size_t line) const;
  void follow_period(std::size_t line, const limits::Moment& now);
  limits::Moment now() const { return {desk_->clock.now(), desk_->clock.wall()}; }

  TabDesk* desk_;
  std::unique_ptr<TabSheet> sheet_;  // null: it has moved
  std::uint64_t directory_;          // the version of it that the amounts are from
  std::uint32_t slot_ = 0;
  limits::CallUse use_;
  std::uint32_t funded_ = 0;
  bool open_ = true, measured_ = false, ran_dry_ = false;
};

}  // namespace gatehouse::gateway
