// The address of a key set, read strictly: https, or http to loopback; no user, no fragment.
// Errors   jwks_url_bad (operator)
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "gatehouse/base/result.h"

namespace gatehouse::adapters {

struct Url {
  bool tls = true;
  bool literal = false;  // the host is an IP address
  std::string host;      // in lower case, without brackets
  std::uint16_t port = 443;
  std::string target;     // path and query
  std::string authority;  // for the Host field
};

Result<Url> parse_url(std::string_view text);

}  // namespace gatehouse::adapters
