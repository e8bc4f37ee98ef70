// trees/codec.h — a plan as bytes, for the way from the engine child to the front; and what must hold of one that comes from there.
// Wire     "GHTP" and u32 version; then integers little-endian, enums one byte, strings and lists a u32 count and the items, a step's
//          number before it, all in the order of codec.cc
// Rules    nothing is trusted: counts are held against the bytes that are left, then check_plan
// Units    bytes
// Threads  pure functions
// Errors   trees_plan_invalid → engine
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "gatehouse/base/result.h"
#include "gatehouse/trees/plan.h"

namespace gatehouse::trees {

inline constexpr std::size_t most_plan_bytes = 64UL * 1024 * 1024;
inline constexpr std::uint32_t most_slots = 65'536;  // of a kind
inline constexpr std::uint32_t most_depth = 64;
inline constexpr std::uint32_t most_nodes = 2'000'000;

std::string write_plan(const Plan& plan);
// After: check_plan accepts it.
Result<Plan> read_plan(std::string_view bytes);
// Every slot is there and filled before it is read; every tree is one, no deeper than most_depth; counts agree; thresholds and weights are
// numbers.
Status check_plan(const Plan& plan);

}  // namespace gatehouse::trees
