// gateway/cors.h — what pages of other origins may read: nothing, but for the origins that the configuration lists.
// Rules    a listed origin gets credentials; "*" alone never does. Which methods there are says the route table
// Threads  pure functions
// Source   WHATWG Fetch, "HTTP CORS protocol"
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "gatehouse/gateway/edge.h"
#include "gatehouse/net/exchange.h"
#include "gatehouse/wire/http1/head.h"

namespace gatehouse::gateway {

enum class OriginTrust : std::uint8_t { none, any, listed };
OriginTrust trust_of(const EdgeRules& rules, const wire::RequestHead& head);

// A browser asks before it sends what it means to send; answered for trusted origins alone.
bool is_preflight(const wire::RequestHead& head);
// allow: the methods of the path, as an Allow field has them. dress_for_browser() comes on top, as on every answer.
net::Response preflight_answer(const wire::RequestHead& head, std::string_view allow);

void dress_for_browser(net::Response& response, const EdgeRules& rules, const wire::RequestHead& head);

}  // namespace gatehouse::gateway
