// gateway/edge.h — what the public listener asks of a request before its route does: for which host it is, which page of a browser it
// comes from, who speaks for it.
// Threads  immutable after start
// Errors   bad_host_name, bad_origin, bad_url (operator)
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/base/result.h"
#include "gatehouse/net/networks.h"

namespace gatehouse::gateway {

struct EdgeRules {
  std::vector<std::string> hosts;                // as read_host() gives them; none: any
  std::vector<std::string> origins;              // as read_origin() gives them; none: no page of another origin reads our answers
  net::Networks proxies;                         // whose word about the client counts
  bool docs = true;                              // /docs, /redoc and /openapi.json
  std::vector<std::string> docs_models{"iris"};  // of tables and tensors, which those describe to everybody; "*": all
  std::string home = "/docs";                    // where GET / sends a browser
  int used_up_status = 429;                      // of a quota or budget that is used up; or 402
};

// "api.example.com", "192.0.2.1", "[2001:db8::1]"; "*.example.com" is every name below, "*" any host. Lower case, no port.
Result<std::string> read_host(std::string_view text);
// "https://app.example.com:8443" as a browser says it: lower case, no path, no usual port. "*" is any, never with credentials.
Result<std::string> read_origin(std::string_view text);
// The host of "https://api.example.com/…", as read_host() gives it.
Result<std::string> host_of_url(std::string_view url);

// What Host says, port and all. Names of the loopback interface are always right for a peer that is on it.
bool trusts_host(const EdgeRules& rules, std::string_view host, std::string_view peer);

}  // namespace gatehouse::gateway
