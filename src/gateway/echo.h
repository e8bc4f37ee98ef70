// gateway/echo.h — routes for measurements, behind --test-hooks: a small body read, checked and said again; once with all that stands
// before a call of a model, and once with nothing.
// Threads  the reactor of the connection
#pragma once
#include <vector>

#include "body_limits.h"
#include "egress.h"
#include "gatehouse/wire/json/document.h"
#include "generator.h"

namespace gatehouse::gateway {

class Echo {
 public:
  Echo(const Doorkeeper& doorkeeper, Governor& governor, const CurrentBodyLimits& bodies, std::size_t reactors)
      : doorkeeper_(doorkeeper), governor_(governor), bodies_(bodies), parsers_(reactors) {
    model_.name = "echo";
  }

  Task<void> governed(const Received& received, Egress& egress);
  Task<void> plain(const Received& received, Egress& egress);

 private:
  Result<net::Response> answer(Reactor& reactor, std::string_view body);

  const Doorkeeper& doorkeeper_;
  Governor& governor_;
  const CurrentBodyLimits& bodies_;
  ServedModel model_;
  std::vector<wire::JsonParser> parsers_;  // by reactor
};

}  // namespace gatehouse::gateway
