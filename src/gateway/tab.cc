#include "tab.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "gatehouse/telemetry/log.h"
#include "grants.h"
#include "limit_words.h"

namespace gatehouse::gateway {
namespace {

using limits::Charge;
using limits::Units;

// Of a budget that is no more.
constexpr Units no_end = std::numeric_limits<Units>::max();

bool has_an_end(const Charge& budget) { return std::get<limits::Allowance>(*budget.rule).amount != no_end; }

limits::Told told_of(const PlannedLimit& limit, const Charge& charge) {
  const bool counts_tokens = limit.taking == Taking::tokens_a_minute;
  return {limit.name, charge.rule, counts_tokens ? std::string_view("tokens") : std::string_view(), charge.decision};
}

// needed: by the call, of a budget.
Error refusal_of(const PlannedLimit& limit, const Charge& charge, Units needed) {
  const limits::Told told = told_of(limit, charge);
  switch (limit.taking) {
    case Taking::budget:
      return over_budget(told, needed);
    case Taking::quota:
      return over_quota(told);
    case Taking::tokens_a_minute:
      return over_rate(told, true);
    case Taking::call:
      break;
  }
  return over_rate(told, false);
}

Error too_many_calls() {
  return Error(Code::unavailable, Origin::gatehouse, "server_is_overloaded",
               "As many requests are running as this server can keep account of")
      .with_retry(Retry::after(seconds(1)));
}

// What was refused together is all still there.
void put_back(std::span<Charge> refused) {
  for (Charge& charge : refused) {
    if (charge.decision.admitted) charge.decision.remaining += charge.volume;
  }
}

std::vector<Charge*> rates_of(const TabPlan& plan, std::vector<Charge>& charges) {
  std::vector<Charge*> rates;
  for (std::size_t i = 0; i < charges.size() && plan.limits[i].taking == Taking::call; ++i) {
    if (!std::holds_alternative<limits::Concurrency>(*charges[i].rule)) rates.push_back(&charges[i]);
  }
  return rates;
}

std::vector<Charge> one_call_of(const std::vector<Charge*>& rates) {
  std::vector<Charge> calls;
  for (const Charge* const rate : rates) {
    calls.push_back(*rate);
    calls.back().volume = 1;
    calls.back().spend = limits::Spend::unless_given_back;
  }
  return calls;
}

// Counts the call for the rates, which let it through. Else who is refused by something else could ask without end.
void count_for_rates(limits::LimitTable& table, const std::vector<Charge*>& rates, const limits::Moment& now) {
  std::vector<Charge> calls = one_call_of(rates);
  if (!table.reserve(calls, now)) return;  // somebody else has had the last one meanwhile
  for (std::size_t i = 0; i < calls.size(); ++i) rates[i]->decision = calls[i].decision;
}

// How long until the rates let one more call through.
limits::Wait until_the_next_call(limits::LimitTable& table, const std::vector<Charge*>& rates, const limits::Moment& now) {
  std::vector<Charge> calls = one_call_of(rates);
  table.look(calls, now);
  const std::optional<std::size_t> longest = limits::longest_refusal(calls);
  return longest ? calls[*longest].decision.retry : limits::Wait();
}

constexpr std::size_t usual_length_of_fields = 640;

void append_budget(std::string& out, const TabPlan& plan, std::span<const Charge> charges) {
  std::size_t least = charges.size();
  for (std::size_t i = plan.budgets_from; i < charges.size(); ++i) {
    if (!has_an_end(charges[i])) continue;
    if (least == charges.size() || charges[i].decision.remaining < charges[least].decision.remaining) least = i;
  }
  if (least == charges.size()) return;
  append_budget_line(out, plan.limits[least].name, charges[least].decision.remaining);
}

void append_fields(std::string& out, const TabPlan& plan, std::span<const Charge> charges) {
  out.reserve(usual_length_of_fields);
  std::vector<limits::Told> told;
  told.reserve(plan.budgets_from);
  for (std::size_t i = 0; i < plan.budgets_from; ++i) told.push_back(told_of(plan.limits[i], charges[i]));
  out += plan.policy;
  append_limit_lines(out, told);
  append_budget(out, plan, charges);
}

}  // namespace

Result<Tab> Tab::open(const TabDesk& desk, std::shared_ptr<TabPlan> plan, const limits::Moment& now, std::string& fields, bool* counted) {
  follow_time(*plan, now.wall);
  std::vector<Charge> charges = plan->charges;
  std::optional<limits::Reservation> reservation = desk.table.reserve(charges, now);
  for (std::size_t i = 0; i < charges.size(); ++i) {
    const LimitMeters& meters = plan->limits[i].meters;
    (charges[i].decision.admitted ? meters.admitted : meters.refused)->add();
  }
  if (!reservation) {
    put_back(charges);
    const std::size_t longest = *limits::longest_refusal(charges);
    const auto is_a_call = [&](std::size_t i) { return plan->limits[i].taking == Taking::call; };
    const auto refuses = [](const Charge& charge) { return !charge.decision.admitted; };
    // Calls stand first: whether one of them refuses.
    if (!is_a_call(static_cast<std::size_t>(std::ranges::find_if(charges, refuses) - charges.begin()))) {
      const std::vector<Charge*> rates = rates_of(*plan, charges);
      count_for_rates(desk.table, rates, now);
      if (counted != nullptr) *counted = true;
      limits::Wait& retry = charges[longest].decision.retry;
      retry = std::max(retry, until_the_next_call(desk.table, rates, now));
    }
    fields.clear();
    append_fields(fields, *plan, charges);
    return refusal_of(plan->limits[longest], charges[longest], charges[longest].volume);
  }
  const std::optional<std::uint32_t> slot = desk.journal.take(plan->facts);
  if (!slot) {
    for (const Charge& charge : charges) reservation->used(charge.key, 0);
    return too_many_calls();
  }
  Tab tab(desk, std::move(plan), std::move(charges));
  tab.reservation_ = std::move(reservation);
  tab.slot_ = *slot;
  desk.outstanding.fetch_add(1, std::memory_order_relaxed);
  for (std::size_t i = tab.budgets_from(); i < tab.charges_.size(); ++i) tab.watch_budget(i);
  return tab;
}

Tab::Tab(const TabDesk& desk, std::shared_ptr<const TabPlan> plan, std::vector<Charge> charges)
    : desk_(&desk), plan_(std::move(plan)), charges_(std::move(charges)), directory_(plan_->directory), facts_(plan_->facts) {
  held_.reserve(charges_.size() - plan_->tokens_from);
  for (std::size_t i = plan_->tokens_from; i < charges_.size(); ++i) held_.push_back(charges_[i].volume);
}

Tab::Tab(Tab&& other) noexcept
    : desk_(other.desk_),
      plan_(std::move(other.plan_)),
      charges_(std::move(other.charges_)),
      held_(std::move(other.held_)),
      amounts_(std::move(other.amounts_)),
      directory_(other.directory_),
      facts_(std::move(other.facts_)),
      reservation_(std::exchange(other.reservation_, std::nullopt)),
      slot_(other.slot_),
      use_(other.use_),
      funded_(other.funded_),
      measured_(other.measured_),
      ran_dry_(other.ran_dry_) {}

Tab::~Tab() {
  if (!reservation_) return;
  if (!measured_) {
    desk_->journal.release(slot_);
    let_go();
    return;
  }
  Usage known;
  known.prompt_tokens = static_cast<std::uint32_t>(use_.prompt);
  known.completion_tokens = static_cast<std::uint32_t>(use_.completion);
  settle(known);
}

void BudgetAlerts::look(const limits::BudgetShare& share, const std::string& tenant, Units amount, Units taken) {
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
  desk_->alerts.look(facts_.budgets[line - budgets_from()], facts_.tenant, amount, limits::rest(amount, charges_[line].decision.remaining));
}

// A budget may be another sum by now, or there may be none any more.
void Tab::follow_budgets() {
  const identity::Directory& directory = desk_->directory();
  if (directory.version() == directory_) return;
  directory_ = directory.version();
  const identity::BudgetsPtr budgets = directory.budgets(TenantId(facts_.tenant));
  if (amounts_.empty()) {
    for (std::size_t i = budgets_from(); i < charges_.size(); ++i) amounts_.push_back(*charges_[i].rule);
  }
  for (std::size_t i = 0; i < amounts_.size(); ++i) {
    Charge& charge = charges_[budgets_from() + i];
    charge.rule = &amounts_[i];
    auto& changed = std::get<limits::Allowance>(amounts_[i]);
    const Units taken = limits::rest(changed.amount, charge.decision.remaining);
    changed.amount = no_end;
    if (budgets) {
      const auto now = std::ranges::find(*budgets, facts_.budgets[i].budget, &store::Budget::number);
      if (now != budgets->end()) changed.amount = static_cast<Units>(std::max<std::int64_t>(now->amount, 0));
    }
    charge.decision.remaining = limits::rest(changed.amount, taken);
  }
}

// Where a budget's day is over, what it takes from now on is the next one's.
void Tab::follow_period(std::size_t line, const limits::Moment& now) {
  const limits::Allowance& budget = allowance(line);
  if (budget.period == limits::Period::total) return;
  limits::BudgetShare& share = facts_.budgets[line - budgets_from()];
  const std::int64_t at = unix_seconds(now.wall);
  const limits::Stretch& known = plan_->budgets[line - budgets_from()].period;  // of the newest call
  if (share.most_of_period != ~Units{0} || at < share.period || (known.begins == share.period && at < known.ends)) return;
  const limits::Stretch when = limits::period_at(budget.period, *budget.zone, now.wall);
  if (when.begins == share.period) return;
  share.most_of_period = held(line);
  share.next_period = when.begins;
  desk_->journal.share(slot_, line - budgets_from(), share);
}

bool Tab::grow(std::size_t from) {
  const std::span<Charge> growing = std::span(charges_).subspan(from);
  if (std::ranges::all_of(growing, [](const Charge& charge) { return charge.volume == 0; })) return true;
  const limits::Moment at = now();
  for (std::size_t i = std::max(from, budgets_from()); i < charges_.size(); ++i) follow_period(i, at);
  if (!reservation_->grow(growing, at)) {
    put_back(growing);
    return false;
  }
  for (std::size_t i = from; i < charges_.size(); ++i) {
    held(i) += charges_[i].volume;
    if (i >= budgets_from() && charges_[i].volume > 0) watch_budget(i);
  }
  return true;
}

void Tab::mark(const limits::CallMark& mark) {
  facts_.mark = mark;
  desk_->journal.mark(slot_, mark);
}

void Tab::name_task(std::string_view task) {
  facts_.task = task;
  desk_->journal.task(slot_, task);
}

Status Tab::measure(const Measures& measures) {
  follow_budgets();
  for (std::size_t i = plan_->tokens_from; i < charges_.size(); ++i) {
    Units needed = Units{measures.prompt_tokens} + measures.allowance;
    if (i >= budgets_from()) {
      const BudgetTerms& terms = plan_->budgets[i - budgets_from()];
      needed = terms.per_call + Units{measures.prompt_tokens} * terms.per_prompt_token + Units{measures.choices} * terms.per_token;
    }
    charges_[i].volume = limits::rest(needed, held(i));
  }
  if (!grow(plan_->tokens_from)) return not_measured();
  measured_ = true;
  funded_ = measures.choices;
  use_.prompt = measures.prompt_tokens;
  desk_->journal.granted(slot_, funded_);
  desk_->journal.begin(slot_, measures.prompt_tokens);
  for (std::size_t i = 0; i < plan_->tokens_from; ++i) {
    if (plan_->limits[i].taking == Taking::quota) reservation_->used(charges_[i].key, 1);
  }
  return ok();
}

// It was a call all the same; of tokens and money it takes nothing, and what it held since it was opened is there again before anybody is
// told.
Error Tab::not_measured() {
  reservation_->settle();
  const std::size_t longest = plan_->tokens_from + *limits::longest_refusal(std::span(charges_).subspan(plan_->tokens_from));
  for (std::size_t i = plan_->tokens_from; i < charges_.size(); ++i) charges_[i].decision.remaining += held(i);
  for (std::size_t i = 0; i < plan_->tokens_from; ++i) {
    if (plan_->limits[i].taking == Taking::quota) ++charges_[i].decision.remaining;
  }
  limits::Wait& retry = charges_[longest].decision.retry;
  retry = std::max(retry, until_the_next_call(desk_->table, rates_of(*plan_, charges_), now()));
  return refusal_of(plan_->limits[longest], charges_[longest], held(longest) + charges_[longest].volume);
}

Units Tab::tokens_left() const {
  Units left = std::numeric_limits<Units>::max();
  for (std::size_t i = 0; i < plan_->budgets.size(); ++i) {
    const Units price = plan_->budgets[i].per_token;
    if (price > 0) left = std::min(left, charges_[budgets_from() + i].decision.remaining / price);
  }
  return left;
}

std::uint32_t Tab::fund(std::uint32_t tokens) {
  constexpr int tries = 4;
  follow_budgets();
  for (int i = 0; i < tries && funded_ < tokens && !ran_dry_; ++i) {
    const std::uint32_t want = share_of(tokens_left(), tokens - funded_);
    bool costs = false;
    for (std::size_t k = 0; k < plan_->budgets.size(); ++k) {
      Charge& charge = charges_[budgets_from() + k];
      charge.volume = want * plan_->budgets[k].per_token;
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
  if (!reservation_) return;
  use_ = {usage.prompt_tokens, usage.cached_tokens, std::max<std::uint64_t>(usage.completion_tokens, use_.completion)};
  for (std::size_t i = plan_->tokens_from; i < charges_.size(); ++i) {
    const Units used = i < budgets_from() ? use_.prompt + use_.completion
                                          : limits::units_of(facts_.budgets[i - budgets_from()].counts, facts_.price, use_);
    reservation_->used(charges_[i].key, used);
  }
  desk_->journal.over(slot_, use_);
  desk_->book.add(slot_, facts_, use_);
  let_go();
}

void Tab::let_go() {
  reservation_.reset();
  desk_->outstanding.fetch_sub(1, std::memory_order_relaxed);
}

void Tab::forgive() {
  if (!reservation_) return;
  for (const Charge& charge : charges_) reservation_->used(charge.key, 0);
  desk_->journal.release(slot_);
  let_go();
}

void Tab::tell(std::string& fields) const {
  fields.clear();
  append_fields(fields, *plan_, charges_);
}

std::optional<Units> Tab::cost(const Usage& usage) const {
  if (!reservation_ || facts_.price == limits::Price()) return std::nullopt;
  return limits::cost_of(facts_.price, {usage.prompt_tokens, usage.cached_tokens, usage.completion_tokens});
}

}  // namespace gatehouse::gateway
