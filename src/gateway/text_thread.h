// gateway/text_thread.h — where texts are read: short ones on their reactor, long ones on a thread of their own, so that nobody else waits
// for them.
// Threads  any reactor
#pragma once
#include <functional>
#include <optional>
#include <utility>

#include "gatehouse/base/result.h"
#include "gatehouse/runtime/task.h"
#include "gatehouse/runtime/worker_pool.h"

namespace gatehouse::gateway {

class TextThread {
 public:
  // work: owns what it needs, for whoever waits for it may be gone before it ends. server_is_overloaded (503)
  template <class R>
  Task<Result<R>> run(Reactor& reactor, bool is_long, std::function<Result<R>()> work) {
    if (!is_long) co_return work();
    std::function<Result<R>(Worker&)> away = [work = std::move(work)](Worker&) { return work(); };
    auto working = pool_.run<Result<R>>(reactor, std::move(away));
    std::optional<Result<R>> done = co_await std::move(working);
    if (done) co_return std::move(*done);
    co_return Error(Code::unavailable, Origin::gatehouse, "server_is_overloaded", "More long texts are sent than can be read")
        .with_retry(Retry::after(seconds(2)));
  }

 private:
  static constexpr std::size_t threads = 1, most_waiting = 64;
  WorkerPool pool_{"texts", threads, most_waiting};
};

}  // namespace gatehouse::gateway
