#include "gatehouse/net/endpoint.h"

namespace gatehouse::net {

std::string to_string(const Endpoint& endpoint) {
  if (endpoint.is_unix()) return "unix:" + *endpoint.unix_path;
  const bool v6 = endpoint.address.find(':') != std::string::npos;
  return (v6 ? "[" + endpoint.address + "]" : endpoint.address) + ":" + std::to_string(endpoint.port);
}

}  // namespace gatehouse::net
