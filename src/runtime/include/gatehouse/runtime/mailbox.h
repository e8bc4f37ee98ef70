// runtime/mailbox.h — a bounded queue into a thread that is not a reactor.
// Threads  push() from any thread; drain() and wait() by the one owner
// Errors   push() says false when full or closed: the sender decides what that means
#pragma once
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <utility>
#include <vector>

#include "gatehouse/base/clock.h"

namespace gatehouse {

template <class T>
class Mailbox {
 public:
  explicit Mailbox(std::size_t capacity) : capacity_(capacity) {}

  bool push(T item) {
    {
      const std::lock_guard lock(mutex_);
      if (closed_ || items_.size() >= capacity_) return false;
      items_.push_back(std::move(item));
      waiting_.store(true, std::memory_order_release);
    }
    wake_.notify_one();
    return true;
  }
  // Moves everything into out (which is cleared first); one atomic load when there is nothing.
  void drain(std::vector<T>& out) {
    out.clear();
    if (!waiting_.load(std::memory_order_acquire)) return;
    const std::lock_guard lock(mutex_);
    out.swap(items_);
    waiting_.store(false, std::memory_order_release);
  }
  // Returns when there is something, when closed, or at the deadline.
  void wait_until(Instant deadline) {
    std::unique_lock lock(mutex_);
    wake_.wait_until(lock, deadline, [this] { return closed_ || !items_.empty(); });
  }
  void close() {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    wake_.notify_all();
  }
  bool closed() const {
    const std::lock_guard lock(mutex_);
    return closed_;
  }

 private:
  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<T> items_;
  std::atomic<bool> waiting_{false};
  bool closed_ = false;
};

}  // namespace gatehouse
