#include "gatehouse/net/networks.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace gatehouse::net {
namespace {

constexpr int v4_offset = 96;  // where an IPv4 address begins when it is mapped, in bits

// A bit mask of what a prefix of so many bits leaves in byte number i.
std::uint8_t mask_of(int bits, int i) {
  const int left = std::clamp(bits - 8 * i, 0, 8);
  return static_cast<std::uint8_t>(0xff00 >> left);
}

Error bad_network(std::string_view text, std::string_view why) {
  return operator_error("bad_network", "'" + std::string(text.substr(0, 100)) + "' " + std::string(why));
}

std::optional<int> read_prefix(std::string_view digits, int most) {
  int bits = 0;
  const char* const end = digits.data() + digits.size();
  const auto [at, failed] = std::from_chars(digits.data(), end, bits);
  if (failed != std::errc() || at != end || bits < 0 || bits > most) return std::nullopt;
  return bits;
}

IpAddress first_of(const Network& network) {
  IpAddress first = network.base;
  for (int i = 0; i < 16; ++i) first.bytes[static_cast<std::size_t>(i)] &= mask_of(network.bits, i);
  return first;
}

}  // namespace

bool IpAddress::is_v4() const {
  constexpr std::array<std::uint8_t, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  return std::equal(mapped.begin(), mapped.end(), bytes.begin());
}

std::optional<IpAddress> parse_address(std::string_view text) {
  std::array<char, INET6_ADDRSTRLEN> spelled{};  // inet_pton wants its end marked
  if (text.empty() || text.size() >= spelled.size() || text.find('\0') != std::string_view::npos) return std::nullopt;
  text.copy(spelled.data(), text.size());
  IpAddress address;
  if (text.find(':') != std::string_view::npos) {
    if (inet_pton(AF_INET6, spelled.data(), address.bytes.data()) != 1) return std::nullopt;
    return address;
  }
  address.bytes[10] = address.bytes[11] = 0xff;
  if (inet_pton(AF_INET, spelled.data(), address.bytes.data() + v4_offset / 8) != 1) return std::nullopt;
  return address;
}

std::string to_text(const IpAddress& address) {
  std::array<char, INET6_ADDRSTRLEN> spelled{};
  const bool v4 = address.is_v4();
  inet_ntop(v4 ? AF_INET : AF_INET6, address.bytes.data() + (v4 ? v4_offset / 8 : 0), spelled.data(), spelled.size());
  return spelled.data();
}

// A network of IPv6 that is wide enough to hold all mapped addresses says nothing about IPv4.
bool Network::holds(const IpAddress& address) const {
  if (address.is_v4() != (base.is_v4() && bits >= v4_offset)) return false;
  for (int i = 0; i < 16; ++i) {
    const auto n = static_cast<std::size_t>(i);
    if (((base.bytes[n] ^ address.bytes[n]) & mask_of(bits, i)) != 0) return false;
  }
  return true;
}

Result<Network> parse_network(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string_view before = text.substr(0, slash);
  const std::optional<IpAddress> base = parse_address(before);
  if (!base) return bad_network(text, "is no network; write it as 10.0.0.0/8, fd00::/8 or one address");
  Network network;
  network.base = *base;
  if (slash == std::string_view::npos) return network;
  const bool short_form = before.find(':') == std::string_view::npos;
  const std::optional<int> bits = read_prefix(text.substr(slash + 1), short_form ? 32 : 128);
  if (!bits) return bad_network(text, short_form ? "has a prefix that is not 0 to 32" : "has a prefix that is not 0 to 128");
  network.bits = *bits + (short_form ? v4_offset : 0);
  const IpAddress first = first_of(network);
  if (!(first == network.base)) {
    return bad_network(text, "has bits behind its prefix; write " + to_text(first) + std::string(text.substr(slash)));
  }
  return network;
}

Result<Networks> Networks::parse(std::span<const std::string> texts) {
  Networks made;
  for (const std::string& text : texts) {
    GH_TRY(const Network network, parse_network(text));
    made.networks_.push_back(network);
  }
  return made;
}

bool Networks::hold(const IpAddress& address) const {
  return std::ranges::any_of(networks_, [&address](const Network& network) { return network.holds(address); });
}

}  // namespace gatehouse::net
