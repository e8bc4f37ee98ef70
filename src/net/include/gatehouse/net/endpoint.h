// net/endpoint.h — where to listen, and whom to ask: an address and a port, or the path of a Unix socket.
// Threads  value type
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace gatehouse::net {

struct Endpoint {
  Endpoint() = default;
  Endpoint(std::string address_, std::uint16_t port_) : address(std::move(address_)), port(port_) {}
  static Endpoint unix_socket(std::string path) {
    Endpoint endpoint;
    endpoint.unix_path = std::move(path);
    return endpoint;
  }
  bool is_unix() const { return unix_path.has_value(); }

  std::string address = "127.0.0.1";     // IPv4 or IPv6, without brackets
  std::uint16_t port = 0;                // 0 takes a free one, the same on all reactors
  std::optional<std::string> unix_path;  // where there is one, address and port say nothing
};

// 127.0.0.1:8080, [::1]:8080, unix:data/control.sock
std::string to_string(const Endpoint& endpoint);

}  // namespace gatehouse::net
