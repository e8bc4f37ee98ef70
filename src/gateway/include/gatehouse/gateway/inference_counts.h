// gateway/inference_counts.h — what a tensor model has computed since the server's start.
// Rules    a pass is what is computed at once: a call, or several together. Of passes of 64 different sizes it is known what they took;
//          those of further ones count among all
// Units    nanoseconds; at: milliseconds since 1970
// Threads  any: reactors count, whoever wants reads
#pragma once
#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <vector>

#include "gatehouse/base/clock.h"

namespace gatehouse::gateway {

// So many, and how long they took together.
struct CountedTime {
  std::uint64_t count = 0, ns = 0;
};

// Passes of so many rows.
struct PassFigures {
  std::uint64_t rows = 0;
  CountedTime input, compute, output;
};

struct InferenceFigures {
  std::uint64_t rows = 0;                     // computed, whatever calls they came with
  std::uint64_t passes = 0;                   // that they were computed in
  CountedTime success, failure;               // calls from when they were sent to the engine to their answer
  CountedTime queue, input, compute, output;  // of those that succeeded, each with all of its pass
  std::int64_t last_ms = 0;                   // when the last one was answered; 0: none was
  std::vector<PassFigures> by_rows;           // those with fewer rows first
};

class InferenceCounts {
 public:
  struct Call {
    std::uint64_t rows = 1;
    nanoseconds took{0}, queued{0}, input{0}, computed{0}, output{0};
    std::uint64_t pass_rows = 1, passes = 1;  // passes: 0 where another call of the pass counts it
  };
  void succeeded(const Call& call, WallTime at) {
    add(rows_, call.rows);
    success_.add(call.took);
    queue_.add(call.queued);
    input_.add(call.input);
    compute_.add(call.computed);
    output_.add(call.output);
    if (call.passes > 0) count_pass(call);
    const auto since = std::chrono::duration_cast<milliseconds>(at.time_since_epoch());
    last_ms_.store(since.count(), std::memory_order_relaxed);
  }
  void failed(nanoseconds took) { failure_.add(took); }

  InferenceFigures figures() const {
    InferenceFigures now;
    now.rows = rows_.load(std::memory_order_relaxed);
    now.passes = passes_.load(std::memory_order_relaxed);
    now.success = success_.read();
    now.failure = failure_.read();
    now.queue = queue_.read();
    now.input = input_.read();
    now.compute = compute_.read();
    now.output = output_.read();
    now.last_ms = last_ms_.load(std::memory_order_relaxed);
    for (const Size& size : sizes_) {
      const PassFigures figures{size.rows.load(std::memory_order_relaxed), size.input.read(), size.compute.read(), size.output.read()};
      if (figures.compute.count > 0 && figures.rows > 0) now.by_rows.push_back(figures);
    }
    std::ranges::sort(now.by_rows, {}, &PassFigures::rows);
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
  struct Size {
    Number rows{0};  // 0: free
    Sum input, compute, output;
  };

  void count_pass(const Call& call) {
    add(passes_, call.passes);
    Size* const size = size_of(call.pass_rows);
    if (size == nullptr) return;
    size->input.add(call.input);
    size->compute.add(call.computed);
    size->output.add(call.output);
  }

  // Null: there are as many others as can be told apart.
  Size* size_of(std::uint64_t rows) {
    for (std::size_t i = 0; rows > 0 && i < sizes_.size(); ++i) {
      Size& size = sizes_[(rows - 1 + i) % sizes_.size()];
      std::uint64_t there = size.rows.load(std::memory_order_relaxed);
      if (there == 0 && size.rows.compare_exchange_strong(there, rows, std::memory_order_relaxed)) return &size;
      if (there == rows) return &size;
    }
    return nullptr;
  }

  Number rows_{0}, passes_{0};
  Sum success_, failure_, queue_, input_, compute_, output_;
  std::array<Size, 64> sizes_;
  std::atomic<std::int64_t> last_ms_{0};
};

}  // namespace gatehouse::gateway
