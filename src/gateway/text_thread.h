// gateway/text_thread.h — where texts are read and answers are written: what is short on its reactor, what is long on a thread of its own,
// so that nobody else waits for it.
// Limits   64 long texts that are read or wait for it, shared by tenant (fair_places.h): further ones are refused. Answers do not wait for
//          texts, and none is refused, because what is in it was computed: where 64 wait for their thread, the next one is written here
// Threads  any reactor
// Errors   server_is_overloaded (503); what a work throws, its request does
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "fair_places.h"
#include "gatehouse/base/result.h"
#include "gatehouse/runtime/task.h"
#include "gatehouse/runtime/worker_pool.h"

namespace gatehouse::gateway {

class TextThread {
 public:
  // work: owns what it needs, for whoever waits for it may be gone before it ends. So does that of write().
  template <class R>
  Task<Result<R>> read(Reactor& reactor, std::uint32_t tenant, bool is_long, std::function<Result<R>()> work) {
    if (!is_long) co_return work();
    const std::optional<FairPlaces::Place> place = places_.take(tenant);
    if (!place) co_return overloaded();
    std::function<Result<R>(Worker&)> away = [work = std::move(work)](Worker&) { return work(); };
    auto working = readers_.run<Result<R>>(reactor, std::move(away));
    std::optional<Result<R>> done = co_await std::move(working);
    if (done) co_return std::move(*done);
    co_return overloaded();
  }
  template <class R>
  Task<Result<R>> write(Reactor& reactor, bool is_long, std::function<Result<R>()> work) {
    if (!is_long) co_return work();
    const auto kept = std::make_shared<const std::function<Result<R>()>>(std::move(work));
    std::function<Result<R>(Worker&)> away = [kept](Worker&) { return (*kept)(); };
    auto working = writers_.run<Result<R>>(reactor, std::move(away));
    std::optional<Result<R>> done = co_await std::move(working);
    if (done) co_return std::move(*done);
    co_return (*kept)();
  }

 private:
  static Error overloaded() {
    return Error(Code::unavailable, Origin::gatehouse, "server_is_overloaded", "More long texts are sent than can be read")
        .with_retry(Retry::after(seconds(2)));
  }

  static constexpr std::size_t threads = 1, most_waiting = 64;
  FairPlaces places_{most_waiting};
  WorkerPool readers_{"texts", threads, most_waiting}, writers_{"answers", threads, most_waiting};
};

}  // namespace gatehouse::gateway
