// wire/grammar/numbers.h — rules for numbers between two bounds.
// Threads  pure functions
#pragma once
#include <cstdint>
#include <optional>

#include "rules.h"

namespace gatehouse::wire::grammar {

// Both ends included; nothing: far away. At most 15 digits are written, so that every reader keeps the number whole.
struct Between {
  std::optional<std::int64_t> low, high;
};

// Without alternatives where nothing lies between.
RuleId integer_between(Rules& rules, const Between& bounds);
// whole: integers that may be written, with ".0" too. steps: between whose integers there may be fractions; only whole steps from one
// integer to the next are gone into, and their ends never reached: so bounds that are left out hold, too.
RuleId number_between(Rules& rules, const Between& whole, const Between& steps);

}  // namespace gatehouse::wire::grammar
