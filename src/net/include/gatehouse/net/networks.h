// net/networks.h — IP addresses and networks, for lists of who is trusted or let in.
// Rules    IPv4 mapped into IPv6 is IPv4; no names, no zones, no leading zeros; a network must not have bits behind its prefix
// Threads  value types
// Errors   bad_network (operator)
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/base/result.h"

namespace gatehouse::net {

// As IPv6 has them; an IPv4 address stands mapped in it.
struct IpAddress {
  std::array<std::uint8_t, 16> bytes{};
  bool is_v4() const;
  friend bool operator==(const IpAddress&, const IpAddress&) = default;
};
std::optional<IpAddress> parse_address(std::string_view text);
std::string to_text(const IpAddress& address);

struct Network {
  IpAddress base;
  int bits = 128;  // of the sixteen bytes
  bool holds(const IpAddress& address) const;
};
// "10.0.0.0/8", "fd00::/8", or one address.
Result<Network> parse_network(std::string_view text);

class Networks {
 public:
  static Result<Networks> parse(std::span<const std::string> texts);
  bool empty() const { return networks_.empty(); }
  bool hold(const IpAddress& address) const;

 private:
  std::vector<Network> networks_;
};

}  // namespace gatehouse::net
