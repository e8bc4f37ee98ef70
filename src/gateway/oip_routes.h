// gateway/oip_routes.h — the routes of /v2 that answer from what is already known.
// Threads  the reactor of the connection
// Errors   model_not_found (404), model_not_allowed (403), those of known_signature()
#pragma once
#include <string_view>

#include "gatehouse/base/result.h"
#include "gatehouse/gateway/route.h"
#include "gatehouse/gateway/served_models.h"
#include "gatehouse/identity/principal.h"
#include "gatehouse/net/exchange.h"

namespace gatehouse::gateway {

// Whether the action is one of these.
constexpr bool tells_of_oip(Action action) { return action >= Action::oip_server && action <= Action::oip_all_stats; }

struct OipQuestion {
  const RouteMatch& match;
  const identity::Principal* who = nullptr;  // null where anybody may ask
  bool draining = false;
};
// version: of this server.
Result<net::Response> oip_answer(const OipQuestion& question, const ServedModels& models, std::string_view version);

}  // namespace gatehouse::gateway
