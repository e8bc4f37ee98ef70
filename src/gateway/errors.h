// gateway/errors.h — an Error as the client's dialect understands it: status, body and the fields that belong to it.
// Threads  pure functions
#pragma once
#include <string>
#include <string_view>

#include "gatehouse/base/error.h"
#include "gatehouse/gateway/route.h"
#include "gatehouse/net/exchange.h"
#include "negotiation.h"

namespace gatehouse::gateway {

// used_up: the status of a quota or budget that is used up, 429 or 402.
int status_of(const Error& error, Dialect dialect, int used_up = 429);
// The JSON object alone, as an event stream carries it too.
std::string error_body(const Error& error, Dialect dialect, std::string_view request_id, Language language = Language::english,
                       int used_up = 429);
net::Response error_response(const Error& error, Dialect dialect, std::string_view request_id, Language language = Language::english,
                             int used_up = 429);

}  // namespace gatehouse::gateway
