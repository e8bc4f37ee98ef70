// engine/loop_clock.h — counts the CPU time that the loop's thread spends inside the model.
// Threads  the engine loop's
#pragma once
#include <atomic>
#include <cstdint>

#include "gatehouse/base/clock.h"
#include "gatehouse/engine/loop.h"

namespace gatehouse::engine {

// As long as it lives, the thread computes.
class Computing {
 public:
  Computing(const Clock& clock, std::atomic<std::uint64_t>& total) : clock_(clock), total_(total), began_(clock.thread_cpu()) {}
  ~Computing() { total_.fetch_add(static_cast<std::uint64_t>((clock_.thread_cpu() - began_).count()), std::memory_order_relaxed); }
  Computing(const Computing&) = delete;
  Computing& operator=(const Computing&) = delete;

 private:
  const Clock& clock_;
  std::atomic<std::uint64_t>& total_;
  const nanoseconds began_;
};

template <class Work>
auto EngineLoop::computed(Work&& work) {
  const Computing computing(clock_, counters_.compute_ns);
  return work();
}

}  // namespace gatehouse::engine
