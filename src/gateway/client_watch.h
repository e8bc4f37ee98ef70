// gateway/client_watch.h — what measuring and dispatching share: the client may go, and the engine may be lost.
// Threads  the reactor of the connection
#pragma once
#include <cstdint>
#include <functional>

#include "gatehouse/base/error.h"
#include "gatehouse/net/exchange.h"
#include "running.h"

namespace gatehouse::gateway {

// What becomes of a call whose client goes away.
enum class WhenGone : std::uint8_t { is_cancelled, goes_on };

// Wakes who waits for an engine when the client goes away, takes what it held back or may no longer ask, for as long as the watch lives.
class ClientWatch {
 public:
  ClientWatch(net::Exchange& exchange, Running::Seat& seat, const std::function<void()>& wake);
  ~ClientWatch();
  ClientWatch(const ClientWatch&) = delete;
  ClientWatch& operator=(const ClientWatch&) = delete;

 private:
  net::Exchange& exchange_;
  Running::Seat& seat_;
};

Error engine_lost();
Error client_gone();

}  // namespace gatehouse::gateway
