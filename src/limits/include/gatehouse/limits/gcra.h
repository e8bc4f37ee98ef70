// limits/gcra.h — a rate with a burst: never more than burst + rate · t in any time t.
// Units    exact: what is owed is counted in nanoseconds times the rate's count, so nothing is ever rounded in anybody's favour
// Threads  value types
// Source   the generic cell rate algorithm (ITU-T I.371) as a bucket that leaks; it admits whenever the debt stays within the burst
#pragma once
#include <limits>

#include "gatehouse/limits/decision.h"

namespace gatehouse::limits {

struct GcraDebt;

struct Gcra {
  using State = GcraDebt;
  Units count = 1;        // so many
  nanoseconds window{1};  // in so long
  Units burst = 1;
  friend bool operator==(const Gcra&, const Gcra&) = default;
};

__extension__ typedef unsigned __int128 Wide;

struct GcraDebt {
  std::int64_t at = std::numeric_limits<std::int64_t>::min();  // when it was so much
  Wide owed = 0;                                               // units × window
};

Decision look(const Gcra& rule, GcraDebt& debt, Units volume, const Moment& now);
Hold spend(const Gcra& rule, GcraDebt& debt, Units volume, Spend how, const Moment& now);
// What was not used comes back as far as it cannot have been worked off since: else two that give back would be one too many.
void settle(const Gcra& rule, GcraDebt& debt, const Hold& hold, Units used, const Moment& now);
bool full_again(const Gcra& rule, GcraDebt& debt, const Moment& now);

}  // namespace gatehouse::limits
