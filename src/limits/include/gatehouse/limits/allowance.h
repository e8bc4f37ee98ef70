// limits/allowance.h — so much a day, a month, or in all: quotas of calls, budgets of tokens and money.
// Units    calls, tokens, or billionths of money: whole numbers alone
// Threads  value types
// Rules    a day begins when the clocks of its zone first show its midnight or go past it, and ends where the next one begins, so it may
//          have 23 or 25 hours; what was reserved in one is settled in that one. Reserved and spent together are never more than the
//          amount, unless more was used than had been reserved: that is what is true, and counts. Clocks that go back by less than a day
//          find the earlier day as it was left; further back it begins with the larger of the two counts that are remembered
#pragma once
#include <optional>
#include <span>

#include "gatehouse/limits/decision.h"
#include "gatehouse/limits/zone.h"

namespace gatehouse::limits {

enum class Period : std::uint8_t { day, month, total };

// From begins to before ends, in seconds since 1970.
struct Stretch {
  std::int64_t begins = std::numeric_limits<std::int64_t>::min(), ends = std::numeric_limits<std::int64_t>::min();
  friend bool operator==(const Stretch&, const Stretch&) = default;
};
// The period that a moment belongs to.
Stretch period_at(Period period, const Zone& zone, WallTime now);

struct AllowanceCount;

struct Allowance {
  using State = AllowanceCount;
  Units amount = 1;
  Period period = Period::day;
  const Zone* zone = &Zone::utc();  // lives longer than every limit that names it
  friend bool operator==(const Allowance&, const Allowance&) = default;
};

struct PeriodCount {
  Stretch when;
  Units spent = 0, reserved = 0;
  Units taken() const { return sum(spent, reserved); }
};

// The period that is counted, and the one that was before it: what is reserved there is settled there.
struct AllowanceCount {
  PeriodCount current, previous;
};

Decision look(const Allowance& rule, AllowanceCount& count, Units volume, const Moment& now);
Hold spend(const Allowance& rule, AllowanceCount& count, Units volume, Spend how, const Moment& now);
void settle(const Allowance& rule, AllowanceCount& count, const Hold& hold, Units used, const Moment& now);
// In the period that is now.
PeriodCount counted(const Allowance& rule, AllowanceCount& count, const Moment& now);
// Nothing is reserved, and what was spent is of a period that no clock will go back to: it ended a day ago.
bool full_again(const Allowance& rule, AllowanceCount& count, const Moment& now);

// The highest of these percentages of the amount that so much is, or is more than.
std::optional<unsigned> alert_reached(std::span<const unsigned> percents, Units amount, Units taken);

}  // namespace gatehouse::limits
