#include "gatehouse/runtime/signal.h"

#include <boost/asio/async_result.hpp>

#include "gatehouse/base/assert.h"

namespace gatehouse {

template <class Handler>
struct Signal::WaiterOf final : Reactor::Deferred {
  explicit WaiterOf(Handler h) : handler(std::move(h)) {}
  void run() override { std::move(handler)(); }
  Handler handler;
};

Signal::~Signal() = default;

Task<void> Signal::wait() {
  if (!raised_) {
    GH_ASSERT(waiter_ == nullptr);
    auto initiate = [this](auto handler) { waiter_ = std::make_unique<WaiterOf<decltype(handler)>>(std::move(handler)); };
    auto waiting = boost::asio::async_initiate<decltype(use_task), void()>(initiate, use_task);
    co_await std::move(waiting);
  }
  raised_ = false;
}

void Signal::raise() {
  raised_ = true;
  if (waiter_) reactor_.defer(std::move(waiter_));
}

}  // namespace gatehouse
