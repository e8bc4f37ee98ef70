#include "gatehouse/limits/concurrency.h"

namespace gatehouse::limits {

Decision look(const Concurrency& rule, InUse& in_use, Units volume, const Moment&) {
  const Units room = rest(rule.limit, in_use.units);
  Decision said;
  said.admitted = volume <= room;
  said.remaining = said.admitted ? room - volume : room;
  if (in_use.units > 0 || (said.admitted && volume > 0)) said.reset = Wait::unknown();
  if (!said.admitted) said.retry = volume > rule.limit ? Wait::never() : Wait::unknown();
  return said;
}

Hold spend(const Concurrency&, InUse& in_use, Units volume, Spend, const Moment&) {
  in_use.units = sum(in_use.units, volume);
  return Hold{0, volume};
}

void settle(const Concurrency&, InUse& in_use, const Hold& hold, Units, const Moment&) { in_use.units = rest(in_use.units, hold.amount); }

bool full_again(const Concurrency&, InUse& in_use, const Moment&) { return in_use.units == 0; }

}  // namespace gatehouse::limits
