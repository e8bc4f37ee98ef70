// net/forwarded.h — what proxies write about those in front of them.
// Threads  pure functions
// Source   RFC 7239 sections 4 and 6
#pragma once
#include <optional>
#include <string_view>
#include <vector>

#include "gatehouse/net/networks.h"
#include "gatehouse/wire/http1/head.h"

namespace gatehouse::net {

// 192.0.2.1, 192.0.2.1:80, 2001:db8::1, [2001:db8::1] or [2001:db8::1]:80; nothing: unknown, hidden or malformed.
std::optional<IpAddress> node_address(std::string_view node);

struct ForwardedHop {
  std::optional<IpAddress> from;
  bool https = false;
};
// The farthest first, of all Forwarded fields; none where any of them is malformed.
std::vector<ForwardedHop> read_forwarded(const wire::RequestHead& head);

}  // namespace gatehouse::net
