// base/fake_clock.h — a clock for tests that moves only when it is told to, or, once told so, a step with each look at it.
// Threads  any thread may read while one thread advances
#pragma once
#include <atomic>

#include "gatehouse/base/clock.h"

namespace gatehouse {

class FakeClock final : public Clock {
 public:
  Instant now() const override { return Instant(nanoseconds(since_start_.fetch_add(step_.load()))); }
  WallTime wall() const override {
    const nanoseconds at(since_start_.fetch_add(step_.load()));
    return WallTime(seconds(1'700'000'000)) + std::chrono::duration_cast<WallTime::duration>(at);
  }
  nanoseconds thread_cpu() const override { return nanoseconds(since_start_.load()); }
  void advance(nanoseconds by) { since_start_ += by.count(); }
  void step(nanoseconds by) { step_ = by.count(); }

 private:
  mutable std::atomic<std::int64_t> since_start_{1};
  std::atomic<std::int64_t> step_{0};
};

}  // namespace gatehouse
