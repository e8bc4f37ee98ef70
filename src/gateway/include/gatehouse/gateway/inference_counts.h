// gateway/inference_counts.h — what a tensor model has computed since the server's start.
// Units    nanoseconds; at: milliseconds since 1970
// Threads  any: reactors count, whoever wants reads
#pragma once
#include <atomic>
#include <cstdint>

#include "gatehouse/base/clock.h"

namespace gatehouse::gateway {

// So many, and how long they took together.
struct CountedTime {
  std::uint64_t count = 0, ns = 0;
};

struct InferenceFigures {
  std::uint64_t rows = 0;        // computed, whatever calls they came with
  CountedTime success, failure;  // calls from when they were sent to the engine to their answer
  CountedTime queue, compute;    // of those that succeeded
  std::int64_t last_ms = 0;      // when the last one was answered; 0: none was
};

class InferenceCounts {
 public:
  struct Call {
    std::uint64_t rows = 1;
    nanoseconds took{0}, queued{0}, computed{0};
  };
  void succeeded(const Call& call, WallTime at) {
    add(rows_, call.rows);
    success_.add(call.took);
    queue_.add(call.queued);
    compute_.add(call.computed);
    const auto since = std::chrono::duration_cast<milliseconds>(at.time_since_epoch());
    last_ms_.store(since.count(), std::memory_order_relaxed);
  }
  void failed(nanoseconds took) { failure_.add(took); }

  InferenceFigures figures() const {
    InferenceFigures now;
    now.rows = rows_.load(std::memory_order_relaxed);
    now.success = success_.read();
    now.failure = failure_.read();
    now.queue = queue_.read();
    now.compute = compute_.read();
    now.last_ms = last_ms_.load(std::memory_order_relaxed);
    return now;
  }

 private:
  using Number = std::atomic<std::uint64_t>;
  static void add(Number& number, std::uint64_t more) { number.fetch_add(more, std::memory_order_relaxed); }
  struct Sum {
    Number count{0}, ns{0};
    void add(nanoseconds more) {
      InferenceCounts::add(count, 1);
      InferenceCounts::add(ns, static_cast<std::uint64_t>(more.count()));
    }
    CountedTime read() const { return {count.load(std::memory_order_relaxed), ns.load(std::memory_order_relaxed)}; }
  };
  Number rows_{0};
  Sum success_, failure_, queue_, compute_;
  std::atomic<std::int64_t> last_ms_{0};
};

}  // namespace gatehouse::gateway
