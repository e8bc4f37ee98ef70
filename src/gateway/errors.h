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

int status_of(const Error& error, Dialect dialect);
// The JSON object alone, as an event stream carries it too.
std::string error_body(const Error& error, Dialect dialect, std::string_view request_id, Language language = Language::english);
net::Response error_response(const Error& error, Dialect dialect, std::string_view request_id, Language language = Language::english);

}  // namespace gatehouse::gateway
