#include "tab.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "gatehouse/base/decimal.h"
#include "gatehouse/telemetry/log.h"
#include "grants.h"
#include "limit_words.h"

namespace gatehouse::gateway {
namespace {

using limits::Charge;
using limits::Units;

Charge charge_of(const TabLine& line, Units volume) {
  Charge charge;
  charge.key = line.key;
  charge.rule = &line.limit();
  charge.volume = volume;
  charge.spend = limits::Spend::by_use;
  return charge;
}

// Of a budget that is no more.
constexpr Units no_end = std::numeric_limits<Units>::max();

bool has_an_end(const TabLine& line) { return std::get<limits::Allowance>(line.limit()).amount != no_end; }

// The least that a call takes: it is refused at once where there is not even that.
Units least_of(const TabLine& line) { return line.taking == Taking::budget ? std::max<Units>(line.per_call, 1) : 1; }

limits::Told told_of(const TabLine& line) {
  const bool counts_tokens = line.taking == Taking::tokens_a_minute;
  return {line.name, &line.limit(), counts_tokens ? std::string_view("tokens") : std::string_view(), line.said};
}

// needed: by the call, of a budget.
Error refusal_of(const TabLine& line, Units needed) {
  const limits::Told told = told_of(line);
  switch (line.taking) {
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

// Each line's share, all or none. What they say stands in the lines afterwards.
std::optional<limits::Reservation> take(limits::LimitTable& table, std::vector<TabLine>& lines, std::span<const Units> volumes,
                                        const limits::Moment& now) {
  std::vector<Charge> charges;
  charges.reserve(lines.size());
  for (std::size_t i = 0; i < lines.size(); ++i) charges.push_back(charge_of(lines[i], volumes[i]));
  std::optional<limits::Reservation> all = table.reserve(charges, now);
  for (std::size_t i = 0; i < lines.size(); ++i) lines[i].said = charges[i].decision;
  return all;
}

std::size_t longest_refusal(const std::vector<TabLine>& lines) {
  std::size_t longest = lines.size();
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (!lines[i].said.admitted && (longest == lines.size() || lines[longest].said.retry < lines[i].said.retry)) longest = i;
  }
  return longest;
}

bool is_rate(const TabLine& line) { return line.taking == Taking::call && !std::holds_alternative<limits::Concurrency>(line.limit()); }

// Counts the call for the rates, which let it through. Else who is refused by something else could ask without end.
void count_for_rates(limits::LimitTable& table, std::vector<TabLine>& lines, const limits::Moment& now) {
  std::vector<Charge> charges;
  for (const TabLine& line : lines) {
    if (is_rate(line)) charges.push_back(charge_of(line, 1));
  }
  std::optional<limits::Reservation> counted = table.reserve(charges, now);
  if (!counted) return;  // somebody else has had the last one meanwhile
  std::size_t next = 0;
  for (TabLine& line : lines) {
    if (!is_rate(line)) continue;
    line.said = charges[next++].decision;
    counted->used(line.key, 1);
  }
}

// How long until the rates let one more call through.
limits::Wait until_the_next_call(limits::LimitTable& table, const std::vector<TabLine>& lines, const limits::Moment& now) {
  std::vector<Charge> charges;
  for (const TabLine& line : lines) {
    if (is_rate(line)) charges.push_back(charge_of(line, 1));
  }
  table.look(charges, now);
  const std::optional<std::size_t> longest = limits::longest_refusal(charges);
  return longest ? charges[*longest].decision.retry : limits::Wait();
}

std::string fields_of(const std::vector<TabLine>& lines) {
  std::vector<limits::Told> told;
  for (const TabLine& line : lines) {
    if (line.taking != Taking::budget) told.push_back(told_of(line));
  }
  std::string fields = limit_lines(told);
  const TabLine* least = nullptr;
  for (const TabLine& line : lines) {
    if (line.taking != Taking::budget || !has_an_end(line)) continue;
    if (least == nullptr || line.said.remaining < least->said.remaining) least = &line;
  }
  if (least == nullptr) return fields;
  const bool money = least->name == "money";
  const std::string left =
      money ? decimal_text(static_cast<std::int64_t>(least->said.remaining), 9) : std::to_string(least->said.remaining);
  return fields + "x-gatehouse-budget-remaining: " + left + ";unit=\"" + std::string(least->name) + "\"\r\n";
}

}  // namespace

Result<Tab> Tab::open(const TabDesk& desk, TabWish wish, std::string* fields) {
  std::vector<TabLine>& lines = wish.lines;
  std::vector<Units> volumes;
  for (TabLine& line : lines) volumes.push_back(line.held = least_of(line));
  std::optional<limits::Reservation> reservation = take(desk.table, lines, volumes, wish.now);
  for (const TabLine& line : lines) (line.said.admitted ? line.meters.admitted : line.meters.refused)->add();
  if (!reservation) {
    // What was refused together is all still there.
    for (std::size_t i = 0; i < lines.size(); ++i) {
      if (lines[i].said.admitted) lines[i].said.remaining += volumes[i];
    }
    TabLine& longest = lines[longest_refusal(lines)];
    const Units needed = least_of(longest);
    if (std::ranges::all_of(lines, [](const TabLine& line) { return line.taking != Taking::call || line.said.admitted; })) {
      count_for_rates(desk.table, lines, wish.now);
      longest.said.retry = std::max(longest.said.retry, until_the_next_call(desk.table, lines, wish.now));
    }
    *fields = fields_of(lines);
    return refusal_of(longest, needed);
  }
  const std::optional<std::uint32_t> slot = desk.journal.take(wish.facts);
  if (!slot) return too_many_calls();
  // Whoever is told of a mistake in the request has made it all the same; the day's quota is for calls that were admitted.
  for (const TabLine& line : lines) {
    if (line.taking == Taking::call) reservation->used(line.key, 1);
  }
  return Tab(desk, std::move(wish), std::move(*reservation), *slot);
}

Tab::Tab(const TabDesk& desk, TabWish wish, limits::Reservation reservation, std::uint32_t slot)
    : desk_(&desk),
      lines_(std::move(wish.lines)),
      facts_(std::make_unique<limits::CallFacts>(std::move(wish.facts))),
      reservation_(std::move(reservation)),
      slot_(slot),
      directory_(wish.directory) {
  desk_->outstanding.fetch_add(1, std::memory_order_relaxed);
  for (const TabLine& line : lines_) {
    if (line.taking == Taking::budget) watch_budget(line);
  }
}

Tab::~Tab() {
  if (!facts_) return;
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
void Tab::watch_budget(const TabLine& line) const {
  const auto& budget = std::get<limits::Allowance>(line.limit());
  desk_->alerts.look(facts_->budgets[line.budget], facts_->tenant, budget.amount, limits::rest(budget.amount, line.said.remaining));
}

// A budget may be another sum by now, or there may be none any more.
void Tab::follow_budgets() {
  const identity::Directory& directory = desk_->directory();
  if (directory.version() == directory_) return;
  directory_ = directory.version();
  const identity::BudgetsPtr budgets = directory.budgets(TenantId(facts_->tenant));
  for (TabLine& line : lines_) {
    if (line.taking != Taking::budget) continue;
    auto& allowance = std::get<limits::Allowance>(line.own_limit);
    const Units taken = limits::rest(allowance.amount, line.said.remaining);
    allowance.amount = no_end;
    if (budgets) {
      const auto now = std::ranges::find(*budgets, facts_->budgets[line.budget].budget, &store::Budget::number);
      if (now != budgets->end()) allowance.amount = static_cast<Units>(std::max<std::int64_t>(now->amount, 0));
    }
    line.said.remaining = limits::rest(allowance.amount, taken);
  }
}

// Where a budget's day is over, what it takes from now on is the next one's.
void Tab::follow_period(TabLine& line, const limits::Moment& now) {
  const auto& allowance = std::get<limits::Allowance>(line.limit());
  const std::int64_t at = unix_seconds(now.wall);
  if (allowance.period == limits::Period::total || at < line.period_ends) return;
  limits::BudgetShare& share = facts_->budgets[line.budget];
  if (share.most_of_period != ~Units{0}) return;
  const limits::Stretch when = limits::period_at(allowance.period, *allowance.zone, now.wall);
  share.most_of_period = line.held;
  share.next_period = when.begins;
  line.period_ends = when.ends;
  desk_->journal.share(slot_, line.budget, share);
}

bool Tab::grow(std::span<const Units> volumes) {
  const limits::Moment at = now();
  std::vector<Charge> charges;
  std::vector<std::size_t> of;
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    if (volumes[i] == 0) continue;
    if (lines_[i].taking == Taking::budget) follow_period(lines_[i], at);
    charges.push_back(charge_of(lines_[i], volumes[i]));
    of.push_back(i);
  }
  const bool had = reservation_->grow(charges, at);
  for (std::size_t i = 0; i < charges.size(); ++i) {
    TabLine& line = lines_[of[i]];
    line.said = charges[i].decision;
    if (!had) {
      // What was refused together is all still there.
      if (line.said.admitted) line.said.remaining += volumes[of[i]];
      continue;
    }
    line.held += volumes[of[i]];
    if (line.taking == Taking::budget) watch_budget(line);
  }
  return had;
}

Status Tab::measure(const Measures& measures) {
  follow_budgets();
  std::vector<Units> volumes(lines_.size(), 0);
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    const TabLine& line = lines_[i];
    if (line.taking == Taking::tokens_a_minute) volumes[i] = Units{measures.prompt_tokens} + measures.allowance - line.held;
    if (line.taking != Taking::budget) continue;
    const Units prompt = Units{measures.prompt_tokens} * line.per_prompt_token, first = Units{measures.choices} * line.per_token;
    const Units needed = line.per_call + prompt + first;
    volumes[i] = needed - std::min(needed, line.held);
  }
  if (!grow(volumes)) return not_measured(volumes);
  measured_ = true;
  funded_ = measures.choices;
  use_.prompt = measures.prompt_tokens;
  desk_->journal.granted(slot_, funded_);
  desk_->journal.begin(slot_, measures.prompt_tokens);
  for (const TabLine& line : lines_) {
    if (line.taking == Taking::quota) reservation_->used(line.key, 1);
  }
  return ok();
}

// It was a call all the same; of tokens and money it takes nothing, and what it held since it was opened is there again.
Error Tab::not_measured(std::span<const Units> volumes) {
  const std::size_t longest = longest_refusal(lines_);
  for (TabLine& line : lines_) {
    if (line.taking == Taking::call) continue;
    reservation_->used(line.key, 0);
    line.said.remaining += line.held;
  }
  TabLine& line = lines_[longest];
  line.said.retry = std::max(line.said.retry, until_the_next_call(desk_->table, lines_, now()));
  return refusal_of(line, line.held + volumes[longest]);
}

Units Tab::tokens_left() const {
  Units left = std::numeric_limits<Units>::max();
  for (const TabLine& line : lines_) {
    if (line.taking == Taking::budget && line.per_token > 0) left = std::min(left, line.said.remaining / line.per_token);
  }
  return left;
}

std::uint32_t Tab::fund(std::uint32_t tokens) {
  constexpr int tries = 4;
  follow_budgets();
  std::vector<Units> volumes(lines_.size(), 0);
  for (int i = 0; i < tries && funded_ < tokens && !ran_dry_; ++i) {
    const std::uint32_t want = share_of(tokens_left(), tokens - funded_);
    bool costs = false;
    for (std::size_t k = 0; k < lines_.size(); ++k) {
      volumes[k] = lines_[k].taking == Taking::budget ? want * lines_[k].per_token : 0;
      costs |= volumes[k] > 0;
    }
    if (costs && !grow(volumes)) {
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
  if (!facts_) return;
  use_ = {usage.prompt_tokens, usage.cached_tokens, std::max<std::uint64_t>(usage.completion_tokens, use_.completion)};
  for (const TabLine& line : lines_) {
    if (line.taking == Taking::tokens_a_minute) reservation_->used(line.key, use_.prompt + use_.completion);
    if (line.taking != Taking::budget) continue;
    reservation_->used(line.key, limits::units_of(facts_->budgets[line.budget].counts, facts_->price, use_));
  }
  desk_->journal.over(slot_, use_);
  desk_->book.add(slot_, *facts_, use_);
  let_go();
}

void Tab::let_go() {
  reservation_.reset();
  facts_.reset();
  desk_->outstanding.fetch_sub(1, std::memory_order_relaxed);
}

void Tab::forgive() {
  if (!facts_) return;
  for (const TabLine& line : lines_) reservation_->used(line.key, 0);
  desk_->journal.release(slot_);
  let_go();
}

std::string Tab::fields() const { return fields_of(lines_); }

std::optional<Units> Tab::cost(const Usage& usage) const {
  if (!facts_ || facts_->price == limits::Price()) return std::nullopt;
  return limits::cost_of(facts_->price, {usage.prompt_tokens, usage.cached_tokens, usage.completion_tokens});
}

}  // namespace gatehouse::gateway
