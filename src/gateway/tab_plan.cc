#include "tab_plan.h"

#include <chrono>
#include <limits>

namespace gatehouse::gateway {
namespace {

bool is_within(const limits::Stretch& when, std::int64_t at) { return at >= when.begins && at < when.ends; }

}  // namespace

std::int32_t date_in(const limits::Zone& zone, WallTime now) {
  const std::int64_t at = unix_seconds(now);
  return static_cast<std::int32_t>(std::chrono::floor<std::chrono::days>(seconds(at + zone.stretch_at(at).offset)).count());
}

std::int64_t kept_beginning(const limits::Stretch& period) {
  return period.begins == std::numeric_limits<std::int64_t>::min() ? 0 : period.begins;
}

void follow_time(TabPlan& plan, WallTime now) {
  const std::int64_t at = unix_seconds(now);
  if (!is_within(plan.today, at)) {
    plan.today = limits::period_at(limits::Period::day, *plan.zone, now);
    plan.facts.day = date_in(*plan.zone, now);
  }
  for (std::size_t i = 0; i < plan.budgets.size(); ++i) {
    BudgetTerms& terms = plan.budgets[i];
    if (is_within(terms.period, at)) continue;
    const limits::Period period = std::get<limits::Allowance>(plan.limits[plan.budgets_from + i].limit).period;
    terms.period = limits::period_at(period, *plan.zone, now);
    plan.facts.budgets[i].period = kept_beginning(terms.period);
  }
}

}  // namespace gatehouse::gateway
