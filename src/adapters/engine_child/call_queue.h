// adapters/engine_child/call_queue.h — calls of a tensor model that wait for the thread which computes them, and the one that it computes.
// Rules    first come, first served; who finds no room is refused
// Threads  push(), cancel() and stop() on the host's thread, next() and over() on the computing one, counts() on any
#pragma once
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>

#include "gatehouse/base/clock.h"
#include "gatehouse/wire/engine/frames.h"

namespace gatehouse::adapters {

struct CallKey {
  std::uint32_t link = 0;
  std::uint64_t job = 0;
  friend bool operator==(const CallKey&, const CallKey&) = default;
};

struct QueuedCall {
  CallKey key;
  wire::engine::Infer call;
  Instant came;
};

class CallQueue {
 public:
  struct Counts {
    std::uint32_t waiting = 0;
    bool running = false;
    std::uint64_t calls = 0;  // since the start
    Instant began{};          // of the one that runs
    nanoseconds computed{0}, longest{0};
  };

  explicit CallQueue(std::uint32_t most) : most_(most) {}
  // False: there is no room.
  bool push(QueuedCall&& call);
  // True: it waited, and is gone now. Where it runs, cut_short is called before another one can.
  bool cancel(const CallKey& key, const std::function<void()>& cut_short);
  void stop();
  // Waits for the next one, which runs from then on; nothing after stop().
  std::optional<QueuedCall> next(const Clock& clock);
  // The one that ran has ended.
  void over(const Clock& clock);
  Counts counts() const;

 private:
  const std::uint32_t most_;
  mutable std::mutex mutex_;
  std::condition_variable comes_;
  std::deque<QueuedCall> waiting_;
  std::optional<CallKey> running_;
  Counts counts_;
  bool stopped_ = false;
};

}  // namespace gatehouse::adapters
