// adapters/engine_child/recycling.h — when a child that is well gives way to a new one.
// Rules    a limit of 0 is none. By its memory no child goes in its first minute: what it needs from the start is no growth
// Threads  value types, pure functions
#pragma once
#include <cstdint>
#include <string>

#include "gatehouse/base/clock.h"

namespace gatehouse::adapters {

struct RecycleLimits {
  nanoseconds age{0};
  std::uint64_t calls = 0;
  std::uint64_t resident_bytes = 0;
};

struct ChildWear {
  nanoseconds age{0};
  std::uint64_t calls = 0;
  std::uint64_t resident_bytes = 0;
};

// Why it should go; empty: it need not.
std::string due_for_recycling(const RecycleLimits& limits, const ChildWear& wear);

}  // namespace gatehouse::adapters
