// base/clock.h — time as a parameter.
// Units    Instant counts monotonic nanoseconds, WallTime is UTC
// Threads  clocks may be read from any thread
#pragma once
#include <chrono>
#include <ctime>

namespace gatehouse {

using Instant = std::chrono::steady_clock::time_point;
using WallTime = std::chrono::system_clock::time_point;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() const = 0;
  virtual WallTime wall() const = 0;
  // What the calling thread has computed so far; differences alone mean something.
  virtual nanoseconds thread_cpu() const = 0;
};

class SystemClock final : public Clock {
 public:
  Instant now() const override { return std::chrono::steady_clock::now(); }
  WallTime wall() const override { return std::chrono::system_clock::now(); }
  nanoseconds thread_cpu() const override {
    timespec spent{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
    return seconds(spent.tv_sec) + nanoseconds(spent.tv_nsec);
  }
};

inline std::int64_t unix_seconds(WallTime t) { return std::chrono::duration_cast<seconds>(t.time_since_epoch()).count(); }

}  // namespace gatehouse
