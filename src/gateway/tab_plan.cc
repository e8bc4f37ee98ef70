#include "tab_plan.h"

#include <algorithm>
#include <chrono>
#include <limits>

#include "tab.h"

namespace gatehouse::gateway {
namespace {

bool is_within(const limits::Stretch& when, std::int64_t at) { return at >= when.begins && at < when.ends; }

}  // namespace

TabPlan::TabPlan() = default;
TabPlan::~TabPlan() = default;

std::int32_t date_in(const limits::Zone& zone, WallTime now) {
  const std::int64_t at = unix_seconds(now);
  return static_cast<std::int32_t>(std::chrono::floor<std::chrono::days>(seconds(at + zone.stretch_at(at).offset)).count());
}

std::int64_t kept_beginning(const limits::Stretch& period) {
  return period.begins == std::numeric_limits<std::int64_t>::min() ? 0 : period.begins;
}

bool stands_at(const TabPlan& plan, WallTime now) {
  const std::int64_t at = unix_seconds(now);
  return is_within(plan.today, at) && std::ranges::all_of(plan.budgets, [at](const BudgetTerms& one) { return is_within(one.period, at); });
}

void begin_at(TabPlan& plan, WallTime now) {
  plan.today = limits::period_at(limits::Period::day, *plan.zone, now);
  plan.facts.day = date_in(*plan.zone, now);
  for (std::size_t i = 0; i < plan.budgets.size(); ++i) {
    const limits::Period period = std::get<limits::Allowance>(plan.limits[plan.budgets_from + i].limit).period;
    plan.budgets[i].period = limits::period_at(period, *plan.zone, now);
    plan.facts.budgets[i].period = kept_beginning(plan.budgets[i].period);
  }
}

}  // namespace gatehouse::gateway
