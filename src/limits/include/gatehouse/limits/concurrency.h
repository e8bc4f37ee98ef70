// limits/concurrency.h — so many at once, counted in and out.
// Threads  value types
// Rules    nobody knows when one comes back, so a refusal names no time; more than the limit never fits
#pragma once
#include "gatehouse/limits/decision.h"

namespace gatehouse::limits {

struct InUse;

struct Concurrency {
  using State = InUse;
  Units limit = 1;
  friend bool operator==(const Concurrency&, const Concurrency&) = default;
};

struct InUse {
  Units units = 0;
};

Decision look(const Concurrency& rule, InUse& in_use, Units volume, const Moment& now);
Hold spend(const Concurrency& rule, InUse& in_use, Units volume, Spend how, const Moment& now);
// All of it comes back, whatever was used.
void settle(const Concurrency& rule, InUse& in_use, const Hold& hold, Units used, const Moment& now);
bool full_again(const Concurrency& rule, InUse& in_use, const Moment& now);

}  // namespace gatehouse::limits
