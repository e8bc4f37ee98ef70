#include "tab.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "gatehouse/telemetry/log.h"
#include "grants.h"
#include "tab_parts.h"

namespace gatehouse::gateway {

using limits::Charge;
using limits::Units;

Tab::~Tab() {
  if (!sheet_) return;
  if (open_ && measured_) {
    Usage known;
    known.prompt_tokens = static_cast<std::uint32_t>(use_.prompt);
    known.completion_tokens = static_cast<std::uint32_t>(use_.completion);
    settle(known);
  } else if (open_) {
    desk_->journal.release(slot_);
    let_go();
  }
  put_away(std::move(sheet_));
}

limits::CallFacts& Tab::own_facts() {
  if (!sheet_->own) sheet_->own = sheet_->plan->facts;
  return *sheet_->own;
}

void BudgetAlerts::look_closer(const limits::BudgetShare& share, const std::string& tenant, Units amount, Units taken) {
  const std::optional<unsigned> reached = limits::alert_reached(percents_, amount, taken);
  if (!reached) return;
  const std::int64_t period = share.most_of_period == ~Units{0} ? share.period : share.next_period;
  const std::lock_guard held(mutex_);
  Said& said = said_[share.budget];
  if (said.period != period || said.amount != amount) said = Said{period, amount, 0};
  if (said.percent >= *reached) return;
  said.percent = *reached;
  telemetry::log::warn("limits", "a budget comes to its end",
                       {{"tenant", tenant}, {"budget", std::to_string(share.budget)}, {"percent", std::to_string(*reached)}});
}

// What is taken of it came to be with this call: the limit's own word is the one moment when nobody else changes it.
void Tab::watch_budget(std::size_t line) const {
  const Units amount = allowance(line).amount;
  const limits::CallFacts& of = facts();
  desk_->alerts.look(of.budgets[line - budgets_from()], of.tenant, amount, limits::rest(amount, sheet_->charges[line].decision.remaining));
}

// A budget may be another sum by now, or there may be none any more.
void Tab::follow_budgets() {
  const identity::Directory& directory = desk_->directory();
  if (directory.version() == directory_) return;
  directory_ = directory.version();
  const identity::BudgetsPtr budgets = directory.budgets(TenantId(facts().tenant));
  std::vector<limits::Limit>& amounts = sheet_->amounts;
  if (amounts.empty()) {
    for (std::size_t i = budgets_from(); i < sheet_->charges.size(); ++i) amounts.push_back(*sheet_->charges[i].rule);
  }
  for (std::size_t i = 0; i < amounts.size(); ++i) {
    Charge& charge = sheet_->charges[budgets_from() + i];
    charge.rule = &amounts[i];
    auto& changed = std::get<limits::Allowance>(amounts[i]);
    const Units taken = limits::rest(changed.amount, charge.decision.remaining);
    changed.amount = no_end;
    if (budgets) {
      const auto now = std::ranges::find(*budgets, facts().budgets[i].budget, &store::Budget::number);
      if (now != budgets->end()) changed.amount = static_cast<Units>(std::max<std::int64_t>(now->amount, 0));
    }
    charge.decision.remaining = limits::rest(changed.amount, taken);
  }
}

// Where a budget's day is over, what it takes from now on is the next one's.
void Tab::follow_period(std::size_t line, const limits::Moment& now) {
  const limits::Allowance& budget = allowance(line);
  if (budget.period == limits::Period::total) return;
  const std::size_t place = line - budgets_from();
  const limits::BudgetShare& known = facts().budgets[place];
  const std::int64_t at = unix_seconds(now.wall);
  const limits::Stretch& first = sheet_->plan->budgets[place].period;
  if (known.most_of_period != ~Units{0} || at < known.period || (first.begins == known.period && at < first.ends)) return;
  const limits::Stretch when = limits::period_at(budget.period, *budget.zone, now.wall);
  if (when.begins == known.period) return;
  limits::BudgetShare& share = own_facts().budgets[place];
  share.most_of_period = held(line);
  share.next_period = when.begins;
  desk_->journal.share(slot_, place, share);
}

bool Tab::grow(std::size_t from) {
  const std::span<Charge> growing = std::span(sheet_->charges).subspan(from);
  if (std::ranges::all_of(growing, [](const Charge& charge) { return charge.volume == 0; })) return true;
  const limits::Moment at = now();
  for (std::size_t i = std::max(from, budgets_from()); i < sheet_->charges.size(); ++i) follow_period(i, at);
  if (!sheet_->reservation.grow(growing, at)) {
    put_back(growing);
    return false;
  }
  for (std::size_t i = from; i < sheet_->charges.size(); ++i) {
    held(i) += sheet_->charges[i].volume;
    if (i >= budgets_from() && sheet_->charges[i].volume > 0) watch_budget(i);
  }
  return true;
}

void Tab::mark(const limits::CallMark& mark) {
  own_facts().mark = mark;
  desk_->journal.mark(slot_, mark);
}

void Tab::name_task(std::string_view task) {
  own_facts().task = task;
  desk_->journal.task(slot_, task);
}

Status Tab::measure(const Measures& measures) {
  follow_budgets();
  for (std::size_t i = tokens_from(); i < sheet_->charges.size(); ++i) {
    sheet_->charges[i].volume = limits::rest(needed_by(*sheet_->plan, i, measures), held(i));
  }
  if (!grow(tokens_from())) return not_measured();
  is_measured(measures);
  return ok();
}

// All that it needs for that is held.
void Tab::is_measured(const Measures& measures) {
  measured_ = true;
  funded_ = measures.choices;
  use_.prompt = measures.prompt_tokens;
  desk_->journal.granted(slot_, funded_);
  desk_->journal.begin(slot_, measures.prompt_tokens);
  count_for_quota();
}

// The last of what does not grow.
void Tab::count_for_quota() {
  if (tokens_from() == 0 || sheet_->plan->limits[tokens_from() - 1].taking != Taking::quota) return;
  sheet_->reservation.used(sheet_->charges[tokens_from() - 1].key, 1, tokens_from() - 1);
}

// The price of a call is held since it was opened: nothing can refuse it.
void Tab::count_repeat() {
  for (std::size_t i = tokens_from(); i < sheet_->charges.size(); ++i) {
    const Units needed = i < budgets_from() ? 0 : sheet_->plan->budgets[i - budgets_from()].per_call;
    sheet_->charges[i].decision.remaining += limits::rest(held(i), needed);
  }
  measured_ = true;
  desk_->journal.begin(slot_, 0);
  count_for_quota();
}

// It was a call all the same; of tokens and money it takes nothing, and what it held since it was opened is there again before anybody is
// told.
Error Tab::not_measured() {
  std::vector<Charge>& charges = sheet_->charges;
  const TabPlan& plan = *sheet_->plan;
  sheet_->reservation.settle();
  const std::size_t longest = tokens_from() + *limits::longest_refusal(std::span(charges).subspan(tokens_from()));
  for (std::size_t i = tokens_from(); i < charges.size(); ++i) charges[i].decision.remaining += held(i);
  for (std::size_t i = 0; i < tokens_from(); ++i) {
    if (plan.limits[i].taking == Taking::quota) ++charges[i].decision.remaining;
  }
  limits::Wait& retry = charges[longest].decision.retry;
  retry = std::max(retry, until_the_next_call(desk_->table, rates_of(plan, charges), now()));
  return refusal_of(plan.limits[longest], charges[longest], held(longest) + charges[longest].volume);
}

Units Tab::tokens_left() const {
  Units left = std::numeric_limits<Units>::max();
  const std::vector<BudgetTerms>& budgets = sheet_->plan->budgets;
  for (std::size_t i = 0; i < budgets.size(); ++i) {
    const Units price = budgets[i].per_token;
    if (price > 0) left = std::min(left, sheet_->charges[budgets_from() + i].decision.remaining / price);
  }
  return left;
}

std::uint32_t Tab::fund(std::uint32_t tokens) {
  constexpr int tries = 4;
  follow_budgets();
  for (int i = 0; i < tries && funded_ < tokens && !ran_dry_; ++i) {
    const std::uint32_t want = share_of(tokens_left(), tokens - funded_);
    bool costs = false;
    for (std::size_t k = 0; k < sheet_->plan->budgets.size(); ++k) {
      Charge& charge = sheet_->charges[budgets_from() + k];
      charge.volume = want * sheet_->plan->budgets[k].per_token;
      costs |= charge.volume > 0;
    }
    if (costs && !grow(budgets_from())) {
      ran_dry_ = tokens_left() == 0;  // else somebody else was faster: less will do
      continue;
    }
    funded_ += want;
    break;
  }
  desk_->journal.granted(slot_, funded_);
  return std::min(funded_, tokens);
}

void Tab::produced(std::uint32_t tokens) {
  if (tokens <= use_.completion) return;
  use_.completion = tokens;
  desk_->journal.produced(slot_, tokens);
}

void Tab::settle(const Usage& usage) {
  if (!open_) return;
  // No more cached than there are: of calls that are added up nobody could tell any more.
  use_ = {usage.prompt_tokens, std::min(usage.cached_tokens, usage.prompt_tokens),
          std::max<std::uint64_t>(usage.completion_tokens, use_.completion)};
  const limits::CallFacts& of = facts();
  for (std::size_t i = tokens_from(); i < sheet_->charges.size(); ++i) {
    const Units used =
        i < budgets_from() ? use_.prompt + use_.completion : limits::units_of(of.budgets[i - budgets_from()].counts, of.price, use_);
    sheet_->reservation.used(sheet_->charges[i].key, used, i);
  }
  if (sheet_->own) {
    desk_->journal.over(slot_, use_);
    desk_->book.add(of, use_);
  } else {
    desk_->journal.join(slot_, use_);
    desk_->book.add(of, use_, sheet_->plan->line);
  }
  let_go();
}

void Tab::let_go() {
  open_ = false;
  sheet_->reservation.settle();
  desk_->outstanding.change(-1);
}

void Tab::forgive() {
  if (!open_) return;
  for (const Charge& charge : sheet_->charges) sheet_->reservation.used(charge.key, 0);
  desk_->journal.release(slot_);
  let_go();
}

void Tab::tell(std::string& fields) const { fields = fields_of(*sheet_->plan, sheet_->charges); }

std::optional<Units> Tab::cost(const Usage& usage) const {
  const limits::Price& price = facts().price;
  if (!open_ || price == limits::Price()) return std::nullopt;
  return limits::cost_of(price, limits::CallUse{usage.prompt_tokens, usage.cached_tokens, usage.completion_tokens});
}

}  // namespace gatehouse::gateway
