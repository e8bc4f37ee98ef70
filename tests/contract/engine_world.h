// tests/contract/engine_world.h — an engine in one of the ways it can run, with two reactors, a control thread, and callers.
// Threads  everything public is called by the test's own thread, which may block
#pragma once
#include <condition_variable>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "gatehouse/adapters/engine_child/child_engine.h"
#include "gatehouse/base/clock.h"
#include "gatehouse/runtime/reactor_pool.h"

namespace gatehouse::testing {

enum class Way { thread, process };

// What a caller asks, and how it behaves. With a constructor, because coroutines take it (gcc 12).
struct Talk {
  explicit Talk(std::string prompt_, std::uint32_t allowance_ = 100) : prompt(std::move(prompt_)), allowance(allowance_) {}
  std::string prompt;
  std::uint32_t allowance;
  std::vector<std::string> stops;
  std::uint32_t block = 16;                   // of a grant
  std::optional<std::uint32_t> cancel_after;  // tokens; then it goes away
  std::shared_ptr<std::promise<void>> begun;  // told at the first token
};

struct Answer {
  std::string text, error;  // error: the reason of a prepare that was not possible
  std::uint32_t tokens = 0, pieces = 0, granted = 0;
  std::optional<wire::engine::Prepared> prepared;
  std::optional<wire::engine::Refused> refused;
  std::optional<wire::engine::Done> done;
  bool lost = false, cancelled = false;
  bool over() const { return refused || done || lost || cancelled; }
};

struct WorldOptions {
  std::string model = "scripted";
  std::uint32_t seats = 4, seat_cells = 4096, queue = 64;
  nanoseconds load_patience = seconds(60), hang_patience = seconds(60);
};

class EngineWorld {
 public:
  EngineWorld(Way way, WorldOptions options);
  ~EngineWorld();
  EngineWorld(const EngineWorld&) = delete;
  EngineWorld& operator=(const EngineWorld&) = delete;

  // Begins a talk on a reactor; the future is the whole of it.
  std::future<Answer> begin(std::size_t reactor, Talk talk);
  Answer ask(std::size_t reactor, Talk talk) { return wait(begin(reactor, std::move(talk))); }
  // "ready", or the reason why not.
  std::future<std::string> begin_until_ready(std::size_t reactor, nanoseconds patience);
  std::string until_ready(std::size_t reactor, nanoseconds patience = seconds(30)) { return wait(begin_until_ready(reactor, patience)); }
  // As hard as the way allows: SIGKILL, or all its sockets at once.
  void kill();
  // Of a process: it runs no more, and is not gone either.
  void freeze();
  void stop();

  // Waits for the state to be so; the state is told twice a second.
  template <class Condition>
  bool comes(Condition condition) {
    std::unique_lock lock(mutex_);
    const Instant give_up = clock_.now() + seconds(30);
    while (!condition(engine_->state()) && clock_.now() < give_up) wake_.wait_for(lock, milliseconds(20));
    return condition(engine_->state());
  }
  // No job, no seat, no cell and nobody in the queue is left of what has been computed.
  bool comes_to_rest() {
    return comes([](const wire::engine::State& s) { return s.steps > 0 && s.jobs + s.sequences + s.queued + s.kv_cells == 0; });
  }
  int opened() const { return opened_; }
  adapters::ChildEngine& engine() { return *engine_; }

  template <class T>
  static T wait(std::future<T> future) {
    GH_ASSERT(future.wait_for(seconds(60)) == std::future_status::ready);
    return future.get();
  }

 private:
  class Spawner;
  Reactor& reactor(std::size_t i) { return reactors_[i]; }

  SystemClock clock_;
  Reactor control_{2, clock_};
  ReactorPool reactors_{2, clock_};
  WorkerPool files_{"files", 1, 16};
  std::unique_ptr<Spawner> spawner_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::atomic<int> opened_{0};
  std::unique_ptr<adapters::ChildEngine> engine_;
  bool stopped_ = false;
  std::thread control_thread_;
};

}  // namespace gatehouse::testing
