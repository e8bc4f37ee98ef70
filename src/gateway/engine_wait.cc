#include "engine_wait.h"

#include <optional>
#include <utility>

namespace gatehouse::gateway {

Task<Status> until_there(Reactor& reactor, engine::Supervised& engine, const net::Exchange& exchange, const TimeLimit& limit,
                         WhenGone gone) {
  while (engine.comes_soon(reactor)) {
    const Instant look = limit.next_look(reactor.clock().now());
    Status ready = co_await engine.until_ready(reactor, look);
    if (ready) break;
    if (gone == WhenGone::is_cancelled && exchange.gone()) co_return client_gone();
    std::optional<Error> over = limit.over(reactor.clock().now());
    if (over) co_return std::move(*over);
    if (ready.error().reason() != "model_loading") co_return ready;
  }
  co_return ok();
}

}  // namespace gatehouse::gateway
