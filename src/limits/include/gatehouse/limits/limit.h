// limits/limit.h — any kind of limit, and what is known of one subject's use of it.
// Threads  value types
// Rules    decide() is all that a single limit needs. look() first and spend() afterwards, for each of several, is how all or nothing is
//          had. A state that belongs to another kind of limit begins anew
#pragma once
#include <cstddef>
#include <variant>

#include "gatehouse/limits/allowance.h"
#include "gatehouse/limits/concurrency.h"
#include "gatehouse/limits/gcra.h"
#include "gatehouse/limits/sliding_window.h"

namespace gatehouse::limits {

using Limit = std::variant<SlidingWindow, Gcra, Concurrency, Allowance>;
using LimitState = std::variant<WindowLog, GcraDebt, InUse, AllowanceCount>;

// What the limit says to so much now; a volume of nothing is always admitted. Nothing that can be seen changes.
Decision look(const Limit& limit, LimitState& state, Units volume, const Moment& now);
// Takes it, whether or not there is room: ask before.
Hold spend(const Limit& limit, LimitState& state, Units volume, Spend how, const Moment& now);
// Of what was taken by use so much was used; for a limit of calls at once the hold is over.
void settle(const Limit& limit, LimitState& state, const Hold& hold, Units used, const Moment& now);
// The state says what a new one would.
bool full_again(const Limit& limit, LimitState& state, const Moment& now);

// Looks, and spends at once what is admitted.
Decision decide(const Limit& limit, LimitState& state, Units volume, const Moment& now);

// Memory beside the state itself: what it has, and how much more it takes when it next needs any, as the next spend() may.
std::size_t bytes_of(const LimitState& state);
std::size_t bytes_to_grow(const LimitState& state);

}  // namespace gatehouse::limits
