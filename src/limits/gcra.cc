#include "gatehouse/limits/gcra.h"

namespace gatehouse::limits {
namespace {

Wide length_of(const Gcra& rule) { return static_cast<Wide>(std::max<std::int64_t>(rule.window.count(), 1)); }
Wide capacity_of(const Gcra& rule) { return length_of(rule) * rule.burst; }

// How much is worked off from one moment to a later one.
Wide worked_off(const Gcra& rule, std::int64_t from, std::int64_t to) {
  return to <= from ? Wide{0} : Wide{static_cast<std::uint64_t>(to) - static_cast<std::uint64_t>(from)} * rule.count;
}
Wide less(Wide whole, Wide part) { return whole > part ? whole - part : 0; }

// What is owed now. A moment before the last one that was seen counts as that one.
void work_off(const Gcra& rule, GcraDebt& debt, std::int64_t now) {
  if (now <= debt.at) return;
  if (debt.owed > 0) debt.owed = less(debt.owed, worked_off(rule, debt.at, now));
  debt.at = now;
}

Wait time_for(const Gcra& rule, Wide owed, std::uint64_t behind) {
  if (owed == 0) return Wait();
  if (rule.count == 0) return Wait::never();
  const Wide time = (owed + rule.count - 1) / rule.count + behind;
  return Wait::after_unsigned(time > std::numeric_limits<std::uint64_t>::max() ? std::numeric_limits<std::uint64_t>::max()
                                                                               : static_cast<std::uint64_t>(time));
}

std::int64_t nanoseconds_of(const Moment& now) { return nanoseconds(now.instant.time_since_epoch()).count(); }

}  // namespace

Decision look(const Gcra& rule, GcraDebt& debt, Units volume, const Moment& now) {
  const std::int64_t asked = nanoseconds_of(now);
  work_off(rule, debt, asked);
  const std::uint64_t behind = static_cast<std::uint64_t>(debt.at) - static_cast<std::uint64_t>(asked);
  const Wide length = length_of(rule), room = less(capacity_of(rule), debt.owed);
  Decision said;
  said.admitted = volume == 0 || (volume <= rule.burst && length * volume <= room);
  const Wide spent = said.admitted ? length * volume : Wide{0};
  said.remaining = static_cast<Units>((room - spent) / length);
  said.reset = time_for(rule, debt.owed + spent, behind);
  if (!said.admitted) said.retry = volume > rule.burst ? Wait::never() : time_for(rule, length * volume - room, behind);
  return said;
}

Hold spend(const Gcra& rule, GcraDebt& debt, Units volume, Spend, const Moment& now) {
  work_off(rule, debt, nanoseconds_of(now));
  // Bounded, so that sums of it cannot overflow: nothing is admitted for longer than anybody lives.
  debt.owed += length_of(rule) * std::min(volume, most_units);
  debt.owed = std::min(debt.owed, Wide{1} << 120U);
  return Hold{debt.at, volume};
}

void settle(const Gcra& rule, GcraDebt& debt, const Hold& hold, Units used, const Moment& now) {
  if (used > hold.amount) spend(rule, debt, used - hold.amount, Spend::at_once, now);
  if (used >= hold.amount) return;
  work_off(rule, debt, nanoseconds_of(now));
  const Wide length = length_of(rule);
  const Wide there = less(length * std::min(hold.amount, most_units), worked_off(rule, hold.place, debt.at));
  debt.owed = less(debt.owed, std::min(length * std::min(hold.amount - used, most_units), there));
}

bool full_again(const Gcra& rule, GcraDebt& debt, const Moment& now) {
  work_off(rule, debt, nanoseconds_of(now));
  return debt.owed == 0;
}

}  // namespace gatehouse::limits
