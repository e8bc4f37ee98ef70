// adapters/engine_child/call_queue.h — calls of a tensor model that wait for the thread which computes them, and the one that it computes.
// Rules    who has been computed for the least comes next, first come, first served within a tenant; where there is no room, of calls or of
//          bytes, the youngest call of the tenant with the most of it is refused. A call that computes for too long is given up: whatever
//          comes of it then is wanted by nobody
// Threads  push(), cancel(), give_up() and stop() on the host's thread, next() and over() on the computing one, counts() on any
#pragma once
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <stop_token>
#include <vector>

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
  std::stop_token stop = {};  // of one that runs: it is to end soon
};

class CallQueue {
 public:
  struct Bounds {
    std::size_t calls = 256;
    std::size_t bytes = std::size_t{256} * 1024 * 1024;  // of inputs; one call may have them all
  };
  struct Counts {
    std::uint32_t waiting = 0;
    bool running = false;
    std::uint64_t calls = 0;  // since the start
    Instant began{};          // of the one that runs
    nanoseconds computed{0};
  };

  explicit CallQueue(Bounds bounds) : bounds_(bounds) {}
  // Who is refused for it: nobody, as long as there is room.
  std::vector<CallKey> push(QueuedCall&& call);
  // True: it waited, and is gone now. Where it runs, and runs alone, it is told to stop.
  bool cancel(const CallKey& key);
  // The one that runs, where it has done so for longer than that; it is told to stop. Each once. Of several that run together it is nobody
  // yet: they are told to stop, and each may show by itself how long it takes.
  std::optional<CallKey> give_up(nanoseconds patience, Instant now);
  // The one that runs is told to stop; those that wait are dropped.
  void stop();
  // Waits for the next one, which runs from then on; nothing after stop().
  std::optional<QueuedCall> next(const Clock& clock);
  // Others that may be computed with the one that runs, those who have had least first; where there are few, more are waited for, until
  // the first one has waited for so long in all. They run with it, and end with it.
  struct Company {
    nanoseconds delay{0};
    std::size_t most = 1;        // with the first
    std::size_t most_bytes = 0;  // the same
    bool (*fits)(const wire::engine::Infer& first, const wire::engine::Infer& other) = nullptr;
  };
  std::vector<QueuedCall> take_along(const QueuedCall& first, const Company& company, const Clock& clock);
  // One of those that ran together runs once more, alone.
  void again(QueuedCall& call, const Clock& clock);
  // The one that ran has ended. False: it was given up.
  bool over(const Clock& clock);
  Counts counts() const;

 private:
  // Of a tenant: kept while it waits, or has had more than others.
  struct Line {
    std::uint64_t tenant;
    nanoseconds had;
    std::size_t bytes = 0;
    std::deque<QueuedCall> calls = {};
  };
  struct Run {
    CallKey key;
    std::vector<std::uint64_t> tenants;  // of those that run together
    std::stop_source stop;
    bool given_up = false;
  };
  Line& line_of(std::uint64_t tenant);
  CallKey drop_youngest(bool of_bytes);
  QueuedCall take_next();
  QueuedCall take_front(Line& line);
  bool take_fitting(const QueuedCall& first, const Company& company, std::size_t bytes, std::vector<QueuedCall>& taken);
  void begin(QueuedCall& call, const Clock& clock);

  const Bounds bounds_;
  mutable std::mutex mutex_;
  std::condition_variable comes_;
  std::vector<Line> lines_;
  std::size_t waiting_ = 0, bytes_ = 0;
  nanoseconds least_{0};  // what somebody who comes now is taken to have had
  std::optional<Run> running_;
  Counts counts_;
  bool stopped_ = false;
};

}  // namespace gatehouse::adapters
