// limits/short_lock.h — a lock for what is done in less than a microsecond: one exchange to take it and a store to give it back, and no
// call, where a std::mutex takes two exchanges and two calls.
// Rules    nothing is waited for, and nobody called, while it is held. Whoever finds it taken looks again, and soon lets others run, for
//          who holds it may have had to make room for somebody
// Threads  any
#pragma once
#include <atomic>
#include <thread>

namespace gatehouse::limits {

class ShortLock {
 public:
  void lock() {
    while (taken_.exchange(true, std::memory_order_acquire)) wait();
  }
  void unlock() { taken_.store(false, std::memory_order_release); }

 private:
  void wait() const {
    constexpr int enough_looks = 64;
    for (int looks = 0; taken_.load(std::memory_order_relaxed); ++looks) {
      if (looks >= enough_looks) std::this_thread::yield();
    }
  }
  std::atomic<bool> taken_{false};
};

}  // namespace gatehouse::limits
