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

// The least that a call takes: it is refused at once where there is not even that.
Units least_of(const TabLine& line) { return line.taking == Taking::budget ? std::max<Units>(line.per_call, 1) : 1; }

limits::Told told_of(const TabLine& line) {
  const bool counts_tokens = line.taking == Taking::tokens_a_minute;
  return {line.name, &line.limit(), counts_tokens ? std::string_view("tokens") : std::string_view(), line.said};
}

Error refusal_of(const TabLine& line) {
  const limits::Told told = told_of(line);
  switch (line.taking) {
    case Taking::budget:
      return over_budget(told);
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
  std::optional<limits::Reservation> all;
  bool refused = false;
  for (std::size_t first = 0; first < charges.size() && !refused; first += limits::LimitTable::most_charges) {
    const auto some = std::span(charges).subspan(first, std::min(charges.size() - first, limits::LimitTable::most_charges));
    if (all) {
      refused = !all->grow(some, now);
    } else {
      all = table.reserve(some, now);
      refused = !all;
    }
  }
  for (std::size_t i = 0; i < lines.size(); ++i) lines[i].said = charges[i].decision;
  if (refused) all.reset();
  return all;
}

Error longest_refusal(const std::vector<TabLine>& lines) {
  const TabLine* longest = nullptr;
  for (const TabLine& line : lines) {
    if (!line.said.admitted && (longest == nullptr || longest->said.retry < line.said.retry)) longest = &line;
  }
  return refusal_of(*longest);
}

std::string fields_of(const std::vector<TabLine>& lines) {
  std::vector<limits::Told> told;
  for (const TabLine& line : lines) {
    if (line.taking != Taking::budget) told.push_back(told_of(line));
  }
  std::string fields = limit_lines(told);
  const TabLine* least = nullptr;
  for (const TabLine& line : lines) {
    if (line.taking == Taking::budget && (least == nullptr || line.said.remaining < least->said.remaining)) least = &line;
  }
  if (least == nullptr) return fields;
  const bool money = least->name == "money";
  const std::string left =
      money ? decimal_text(static_cast<std::int64_t>(least->said.remaining), 9) : std::to_string(least->said.remaining);
  return fields + "x-gatehouse-budget-remaining: " + left + ";unit=\"" + std::string(least->name) + "\"\r\n";
}

}  // namespace

Result<Tab> Tab::open(const TabDesk& desk, std::vector<TabLine> lines, limits::CallFacts facts, std::string* fields) {
  std::vector<Units> volumes;
  for (TabLine& line : lines) volumes.push_back(line.held = least_of(line));
  std::optional<limits::Reservation> reservation = take(desk.table, lines, volumes, {desk.clock.now(), desk.clock.wall()});
  for (const TabLine& line : lines) (line.said.admitted ? line.meters.admitted : line.meters.refused)->add();
  if (!reservation && !lines.empty()) {
    *fields = fields_of(lines);
    return longest_refusal(lines);
  }
  const std::optional<std::uint32_t> slot = desk.journal.take(facts);
  if (!slot) return too_many_calls();
  if (!reservation) reservation = desk.table.reserve({}, {desk.clock.now(), desk.clock.wall()});
  // Whoever is told of a mistake in the request has made it all the same; the day's quota is for calls that were admitted.
  for (const TabLine& line : lines) {
    if (line.taking == Taking::call) reservation->used(line.key, 1);
  }
  return Tab(desk, std::move(lines), std::move(facts), std::move(*reservation), *slot);
}

Tab::Tab(const TabDesk& desk, std::vector<TabLine> lines, limits::CallFacts facts, limits::Reservation reservation, std::uint32_t slot)
    : desk_(&desk),
      lines_(std::move(lines)),
      facts_(std::make_unique<limits::CallFacts>(std::move(facts))),
      reservation_(std::move(reservation)),
      slot_(slot) {
  desk_->outstanding.fetch_add(1, std::memory_order_relaxed);
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

void BudgetAlerts::look(const limits::BudgetShare& share, const std::string& tenant, Units amount, Units before, Units now) {
  const std::optional<unsigned> reached = limits::alert_reached(percents_, amount, before, now);
  if (!reached) return;
  const std::lock_guard held(mutex_);
  unsigned& said = said_[{share.budget, share.most_of_period == ~Units{0} ? share.period : share.next_period}];
  if (said >= *reached) return;
  said = *reached;
  telemetry::log::warn("limits", "a budget comes to its end",
                       {{"tenant", tenant}, {"budget", std::to_string(share.budget)}, {"percent", std::to_string(*reached)}});
}

// What it took came to be with this: the limit's own word is the one moment when nobody else changes it.
void Tab::watch_budget(const TabLine& line, Units taken) const {
  const auto& budget = std::get<limits::Allowance>(line.limit());
  const Units gone = budget.amount - std::min(budget.amount, line.said.remaining);
  desk_->alerts.look(facts_->budgets[line.budget], facts_->tenant, budget.amount, gone - std::min(gone, taken), gone);
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

// Nothing: it was had.
std::optional<Error> Tab::grow(std::span<const Units> volumes) {
  const limits::Moment at = now();
  std::vector<Charge> charges;
  std::vector<std::size_t> of;
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    if (volumes[i] == 0) continue;
    if (lines_[i].taking == Taking::budget) follow_period(lines_[i], at);
    charges.push_back(charge_of(lines_[i], volumes[i]));
    of.push_back(i);
  }
  bool had = true;
  for (std::size_t first = 0; first < charges.size() && had; first += limits::LimitTable::most_charges) {
    const auto some = std::span(charges).subspan(first, std::min(charges.size() - first, limits::LimitTable::most_charges));
    had = reservation_->grow(some, at);
  }
  for (std::size_t i = 0; i < charges.size(); ++i) {
    TabLine& line = lines_[of[i]];
    line.said = charges[i].decision;
    if (!had) {
      // What was refused together is all still there.
      if (line.said.admitted) line.said.remaining += volumes[of[i]];
      continue;
    }
    line.held += volumes[of[i]];
    if (line.taking == Taking::budget) watch_budget(line, volumes[of[i]]);
  }
  if (had) return std::nullopt;
  return longest_refusal(lines_);
}

void Tab::mark(const limits::CallMark& mark) {
  facts_->mark = mark;
  desk_->journal.mark(slot_, mark);
}

Status Tab::measure(std::uint32_t prompt_tokens, std::uint32_t allowance) {
  std::vector<Units> volumes(lines_.size(), 0);
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    const TabLine& line = lines_[i];
    if (line.taking == Taking::tokens_a_minute) volumes[i] = Units{prompt_tokens} + allowance - line.held;
    if (line.taking != Taking::budget) continue;
    const Units needed = line.per_call + Units{prompt_tokens} * line.per_prompt_token + line.per_token;
    volumes[i] = needed - std::min(needed, line.held);
  }
  if (const std::optional<Error> refused = grow(volumes)) {
    for (const TabLine& line : lines_) reservation_->used(line.key, 0);
    return *refused;
  }
  measured_ = true;
  funded_ = 1;
  use_.prompt = prompt_tokens;
  desk_->journal.prompt(slot_, prompt_tokens);
  desk_->journal.granted(slot_, funded_);
  for (const TabLine& line : lines_) {
    if (line.taking == Taking::quota) reservation_->used(line.key, 1);
  }
  return ok();
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
  std::vector<Units> volumes(lines_.size(), 0);
  for (int i = 0; i < tries && funded_ < tokens && !ran_dry_; ++i) {
    const std::uint32_t want = share_of(tokens_left(), tokens - funded_);
    bool costs = false;
    for (std::size_t k = 0; k < lines_.size(); ++k) {
      volumes[k] = lines_[k].taking == Taking::budget ? want * lines_[k].per_token : 0;
      costs |= volumes[k] > 0;
    }
    if (costs && grow(volumes)) {
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
