// adapters/store_sqlite/connections.h — work on the database for coroutines: writes through the one writer, reads on a few connections.
// Threads  read() and write() on a reactor; the work runs on a thread of ours. Destroyed once nobody waits
// Errors   those of the work; store_unavailable when a queue is full or the commit failed
#pragma once
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "database.h"
#include "gatehouse/runtime/reactor.h"
#include "gatehouse/runtime/signal.h"
#include "gatehouse/store/errors.h"
#include "writer.h"

namespace gatehouse::adapters {

template <class R>
using DatabaseWork = std::function<Result<R>(Database&)>;

// What escapes as an exception breaks this one piece of work, not the thread.
template <class R>
Result<R> run_guarded(const DatabaseWork<R>& work, Database& database) {
  try {
    return work(database);
  } catch (const std::exception& e) {
    return internal_error("store_work_broken", e.what());
  }
}

class Connections {
 public:
  struct Queues {
    std::size_t writes, reads;
  };
  // Without readers (a database in memory has one connection), the writer reads too.
  Connections(Database writer, std::vector<Database> readers, Queues queues, telemetry::Metrics* metrics);

  template <class R>
  Task<Result<R>> write(Reactor& reactor, DatabaseWork<R> work) {
    const Instant asked = reactor.clock().now();
    auto asking = std::make_shared<WriteOf<R>>(reactor, std::move(work));
    if (!writer_.submit(asking)) co_return store::store_unavailable("too many writes wait");
    co_await asking->done.wait();
    note(write_seconds_, reactor.clock().now() - asked);
    co_return std::move(*asking->result);
  }

  template <class R>
  Task<Result<R>> read(Reactor& reactor, DatabaseWork<R> work) {
    return readers_.empty() ? write<R>(reactor, std::move(work)) : read_beside<R>(reactor, std::move(work));
  }

 private:
  template <class R>
  Task<Result<R>> read_beside(Reactor& reactor, DatabaseWork<R> work) {
    const Instant asked = reactor.clock().now();
    std::function<Result<R>(Worker&)> job = [this, work = std::move(work)](Worker&) {
      const Loan loan(*this);
      return run_guarded(work, *loan.database);
    };
    auto running = reading_.run<Result<R>>(reactor, std::move(job));
    std::optional<Result<R>> result = co_await std::move(running);
    if (!result) co_return store::store_unavailable("too many reads wait");
    note(read_seconds_, reactor.clock().now() - asked);
    co_return std::move(*result);
  }

  template <class R>
  struct WriteOf final : Write, std::enable_shared_from_this<WriteOf<R>> {
    WriteOf(Reactor& reactor_, DatabaseWork<R> work_) : reactor(reactor_), work(std::move(work_)), done(reactor_) {}
    bool apply(Database& database) override { return result.emplace(run_guarded(work, database)).ok(); }
    void fail(const Error& why) override { result.emplace(why); }
    void answer() override {
      reactor.post([self = this->shared_from_this()] { self->done.raise(); });
    }
    Reactor& reactor;
    const DatabaseWork<R> work;
    Signal done;
    std::optional<Result<R>> result;
  };

  // As many connections as threads: one is always free.
  struct Loan {
    explicit Loan(Connections& owner_) : owner(owner_), use(*owner_.in_use_) {
      const std::lock_guard lock(owner.lending_);
      database = owner.free_.back();
      owner.free_.pop_back();
    }
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;
    ~Loan() {
      const std::lock_guard lock(owner.lending_);
      owner.free_.push_back(database);
    }
    Connections& owner;
    const InUse use;
    Database* database;
  };
  static void note(telemetry::Histogram* histogram, nanoseconds took) {
    if (histogram != nullptr) histogram->observe(std::chrono::duration<double>(took).count());
  }

  const std::shared_ptr<std::atomic<int>> in_use_ = std::make_shared<std::atomic<int>>(0);  // shared with what is scraped
  telemetry::Histogram* write_seconds_ = nullptr;
  telemetry::Histogram* read_seconds_ = nullptr;
  Writer writer_;
  std::vector<Database> readers_;
  std::mutex lending_;
  std::vector<Database*> free_;  // under lending_
  WorkerPool reading_;
};

}  // namespace gatehouse::adapters
