#include "client_watch.h"

#include "grants.h"

namespace gatehouse::gateway {

ClientWatch::ClientWatch(net::Exchange& exchange, Running::Seat& seat, const std::function<void()>& wake)
    : exchange_(exchange), seat_(seat) {
  exchange_.watch(unsent_bound / 2, wake);
  seat_.on_refusal(wake);
}

ClientWatch::~ClientWatch() {
  exchange_.watch(0, {});
  seat_.on_refusal({});
}

Error engine_lost() {
  return Error(Code::unavailable, Origin::engine, "engine_lost", "The model's engine stopped while it worked on this request")
      .with_retry(Retry::after(seconds(2)));
}

Error client_gone() { return Error(Code::cancelled, Origin::caller, "client_gone", "The client has gone"); }

}  // namespace gatehouse::gateway
