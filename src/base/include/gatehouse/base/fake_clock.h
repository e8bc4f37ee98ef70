// base/fake_clock.h — a clock for tests that moves only when it is told to.
// Threads  any thread may read while one thread advances
#pragma once
#include <atomic>

#include "gatehouse/base/clock.h"

namespace gatehouse {

class FakeClock final : public Clock {
 public:
  Instant now() const override { return Instant(nanoseconds(since_start_.load())); }
  WallTime wall() const override {
    return WallTime(seconds(1'700'000'000)) + std::chrono::duration_cast<WallTime::duration>(nanoseconds(since_start_.load()));
  }
  nanoseconds thread_cpu() const override { return nanoseconds(since_start_.load()); }
  void advance(nanoseconds by) { since_start_ += by.count(); }

 private:
  std::atomic<std::int64_t> since_start_{1};
};

}  // namespace gatehouse
