// How a tab is opened, and how its opening is refused.
#include <algorithm>
#include <utility>

#include "limit_words.h"
#include "tab_parts.h"

namespace gatehouse::gateway {

using limits::Charge;
using limits::Units;

namespace {

bool has_an_end(const Charge& budget) { return std::get<limits::Allowance>(*budget.rule).amount != no_end; }

limits::Told told_of(const PlannedLimit& limit, const Charge& charge) {
  const bool counts_tokens = limit.taking == Taking::tokens_a_minute;
  return {limit.name, charge.rule, counts_tokens ? std::string_view("tokens") : std::string_view(), charge.decision};
}

Error too_many_calls() {
  return Error(Code::unavailable, Origin::gatehouse, "server_is_overloaded",
               "As many requests are running as this server can keep account of")
      .with_retry(Retry::after(seconds(1)));
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

std::optional<BudgetLeft> least_left(const TabPlan& plan, std::span<const Charge> charges) {
  std::size_t least = charges.size();
  for (std::size_t i = plan.budgets_from; i < charges.size(); ++i) {
    if (!has_an_end(charges[i])) continue;
    if (least == charges.size() || charges[i].decision.remaining < charges[least].decision.remaining) least = i;
  }
  if (least == charges.size()) return std::nullopt;
  return BudgetLeft{plan.limits[least].name, charges[least].decision.remaining};
}

constexpr std::size_t most_spare_sheets = 8;  // of a plan; there are thousands of those

}  // namespace

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

limits::Wait until_the_next_call(limits::LimitTable& table, const std::vector<Charge*>& rates, const limits::Moment& now) {
  std::vector<Charge> calls = one_call_of(rates);
  table.look(calls, now);
  const std::optional<std::size_t> longest = limits::longest_refusal(calls);
  return longest ? calls[*longest].decision.retry : limits::Wait();
}

const std::string& fields_of(TabPlan& plan, std::span<const Charge> charges) {
  return plan.lines.as_decided(charges.first(plan.budgets_from), least_left(plan, charges));
}

Units needed_by(const TabPlan& plan, std::size_t line, const Measures& measures) {
  if (line < plan.budgets_from) return Units{measures.prompt_tokens} + measures.allowance;
  const BudgetTerms& terms = plan.budgets[line - plan.budgets_from];
  return terms.per_call + Units{measures.prompt_tokens} * terms.per_prompt_token + Units{measures.choices} * terms.per_token;
}

void put_away(std::unique_ptr<TabSheet> sheet) {
  const TabPlanPtr plan = std::exchange(sheet->plan, nullptr);
  sheet->held.clear();
  sheet->own.reset();
  // Where budgets were changed meanwhile its charges have rules of their own, and no call asks for the plan again.
  if (sheet->amounts.empty() && plan->spare.size() < most_spare_sheets) plan->spare.push_back(std::move(sheet));
}

namespace {

std::unique_ptr<TabSheet> sheet_for(TabDesk& desk, TabPlanPtr plan) {
  std::unique_ptr<TabSheet> sheet;
  if (plan->spare.empty()) {
    sheet = std::make_unique<TabSheet>(desk.table);
    sheet->charges = plan->charges;
  } else {
    sheet = std::move(plan->spare.back());
    plan->spare.pop_back();
    auto of_plan = plan->charges.cbegin();
    for (Charge& charge : sheet->charges) charge.volume = (of_plan++)->volume;
  }
  sheet->plan = std::move(plan);
  return sheet;
}

// What refuses, once all that it has not refused is there again.
Error refusal_at_the_opening(TabDesk& desk, TabSheet& sheet, const limits::Moment& now, std::string& fields, bool* counted) {
  TabPlan& plan = *sheet.plan;
  std::vector<Charge>& charges = sheet.charges;
  put_back(charges);
  const std::size_t longest = *limits::longest_refusal(charges);
  const auto refuses = [](const Charge& charge) { return !charge.decision.admitted; };
  const auto first = static_cast<std::size_t>(std::ranges::find_if(charges, refuses) - charges.begin());
  // Calls stand first: whether one of them refuses.
  if (plan.limits[first].taking != Taking::call) {
    const std::vector<Charge*> rates = rates_of(plan, charges);
    count_for_rates(desk.table, rates, now);
    if (counted != nullptr) *counted = true;
    limits::Wait& retry = charges[longest].decision.retry;
    retry = std::max(retry, until_the_next_call(desk.table, rates, now));
  }
  fields = fields_of(plan, charges);
  return refusal_of(plan.limits[longest], charges[longest], charges[longest].volume);
}

// All of it or nothing; what the limits have said is counted.
bool takes(TabSheet& sheet, const limits::Moment& now) {
  const bool taken = sheet.reservation.grow(sheet.charges, now);
  auto limit = sheet.plan->limits.cbegin();
  for (const Charge& charge : sheet.charges) {
    (charge.decision.admitted ? limit->meters.admitted : limit->meters.refused)->add();
    ++limit;
  }
  return taken;
}

}  // namespace

Result<Tab> Tab::open(TabDesk& desk, TabPlanPtr plan, const limits::Moment& now, std::string& fields, bool* counted) {
  std::unique_ptr<TabSheet> sheet = sheet_for(desk, std::move(plan));
  if (takes(*sheet, now)) return open_on(desk, std::move(sheet));
  Error refusal = refusal_at_the_opening(desk, *sheet, now, fields, counted);
  put_away(std::move(sheet));
  return refusal;
}

Result<Tab> Tab::open(TabDesk& desk, TabPlanPtr plan, const limits::Moment& now, std::string& fields, const Measures& known) {
  std::unique_ptr<TabSheet> sheet = sheet_for(desk, std::move(plan));
  for (std::size_t i = sheet->plan->tokens_from; i < sheet->charges.size(); ++i) {
    sheet->charges[i].volume = std::max(sheet->charges[i].volume, needed_by(*sheet->plan, i, known));
  }
  if (!takes(*sheet, now)) {
    Error refusal = refusal_at_the_opening(desk, *sheet, now, fields, nullptr);
    put_away(std::move(sheet));
    return refusal;
  }
  Result<Tab> tab = open_on(desk, std::move(sheet));
  if (tab) tab->is_measured(known);
  return tab;
}

Result<Tab> Tab::open_on(TabDesk& desk, std::unique_ptr<TabSheet> sheet) {
  TabPlan& plan = *sheet->plan;
  const std::optional<std::uint32_t> facts = plan.kept.in(desk.journal, plan.facts);
  const std::optional<std::uint32_t> slot = facts ? desk.journal.take(*facts) : std::nullopt;
  if (!slot) {
    for (const Charge& charge : sheet->charges) sheet->reservation.used(charge.key, 0);
    sheet->reservation.settle();
    put_away(std::move(sheet));
    return too_many_calls();
  }
  Result<Tab> made(Tab(desk, std::move(sheet)));
  Tab& tab = *made;
  tab.slot_ = *slot;
  desk.outstanding.change(1);
  for (std::size_t i = tab.tokens_from(); i < tab.sheet_->charges.size(); ++i) tab.sheet_->held.push_back(tab.sheet_->charges[i].volume);
  for (std::size_t i = tab.budgets_from(); i < tab.sheet_->charges.size(); ++i) tab.watch_budget(i);
  return made;
}

}  // namespace gatehouse::gateway
