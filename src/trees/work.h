// trees/work.h — how much there is to compute for a row.
// Units    about a nanosecond of a core
// Threads  pure functions
#pragma once
#include <cstdint>

#include "gatehouse/trees/plan.h"

namespace gatehouse::trees {

// Before: check_plan accepts it.
std::uint64_t work_of(const Plan& plan);
std::uint64_t work_to_explain(const Plan& plan);

}  // namespace gatehouse::trees
