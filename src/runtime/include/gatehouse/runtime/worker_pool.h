// runtime/worker_pool.h — a few threads for work that blocks, one pool a purpose.
// Threads  run() on a reactor; the function runs on a worker, its result comes back to the reactor. post() from any thread
// Errors   Nothing (false) when the queue is full or the pool is stopping: the caller says what that means. What the function throws is
//          thrown where its result is waited for: it breaks that one piece of work, not the thread
#pragma once
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gatehouse/base/error.h"
#include "gatehouse/runtime/mailbox.h"
#include "gatehouse/runtime/signal.h"
#include "gatehouse/runtime/task.h"

namespace gatehouse {

// Proof that the code runs on a thread that may block. Only a pool can make one.
class Worker {
 private:
  friend class WorkerPool;
  Worker() = default;
};

// For those who go on whatever breaks: what escapes from the work is its result.
template <class R, class Work>
std::function<R(Worker&)> told_as_error(Work work) {
  return [work = std::move(work)](Worker&) -> R {
    try {
      return work();
    } catch (const std::exception& escaped) {
      return internal_error("work_broke", escaped.what());
    }
  };
}

class WorkerPool {
 public:
  WorkerPool(std::string name, std::size_t threads, std::size_t queue);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  template <class R>
  Task<std::optional<R>> run(Reactor& reactor, std::function<R(Worker&)> work) {
    auto state = std::make_shared<Pending<R>>(reactor);
    auto job = [state, &reactor, work = std::move(work)](Worker& worker) {
      try {
        state->result.emplace(work(worker));
      } catch (...) {
        state->broke = std::current_exception();
      }
      reactor.post([state] { state->done.raise(); });
    };
    if (!queue_.push(std::move(job))) co_return std::nullopt;
    co_await state->done.wait();
    // Taken along: whoever catches it lets it go, and not the thread that it came from.
    if (state->broke) std::rethrow_exception(std::exchange(state->broke, nullptr));
    co_return std::move(state->result);
  }
  // For work whose end nobody waits for. It must not throw.
  bool post(std::function<void(Worker&)> work) { return queue_.push(std::move(work)); }

 private:
  template <class R>
  struct Pending {
    explicit Pending(Reactor& reactor) : done(reactor) {}
    Signal done;
    std::optional<R> result;
    std::exception_ptr broke;  // what escaped instead
  };
  void work();

  Mailbox<std::function<void(Worker&)>> queue_;
  std::mutex taking_;
  std::vector<std::function<void(Worker&)>> taken_;
  std::vector<std::jthread> threads_;
};

}  // namespace gatehouse
