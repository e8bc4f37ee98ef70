// limits/inflight_old.h — DATA/inflight as it was when each slot held all that is known of its call: what a process of such a Gatehouse has
// left there is settled like any other, and then the file begins anew.
// Threads  pure functions over the bytes of the file
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "gatehouse/limits/inflight.h"

namespace gatehouse::limits {

inline constexpr std::uint64_t old_inflight_magic = 0x31464e4948544147U;  // GATHINF1

// lost_power: the machine was started again since.
std::vector<LeftCall> left_in_old(std::span<const std::byte> file, bool lost_power);
// One of those.
void stamp_old(std::span<std::byte> file, std::uint32_t slot, std::uint32_t writer, std::int64_t batch);

}  // namespace gatehouse::limits
