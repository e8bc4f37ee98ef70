#include "http1/target.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <utility>

#include "http1/ascii.h"
#include "http1/errors.h"

namespace gatehouse::wire::http1 {
namespace {

enum Class : std::uint8_t { in_host = 1, in_path = 2, in_query = 4 };

constexpr std::array<std::uint8_t, 256> classes = [] {
  std::array<std::uint8_t, 256> table{};
  const auto add = [&table](std::string_view characters, int what) {
    for (const char c : characters) table[static_cast<unsigned char>(c)] |= static_cast<std::uint8_t>(what);
  };
  add("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~", in_host | in_path | in_query);
  add("!$&'()*+,;=:@/", in_path | in_query);
  add("?[]{}^`", in_query);  // beyond RFC 3986, but browsers and old clients send them raw
  return table;
}();

bool all(std::string_view text, Class what) {
  return std::all_of(text.begin(), text.end(), [what](char c) { return (classes[static_cast<unsigned char>(c)] & what) != 0; });
}

bool is_port(std::string_view text) {
  unsigned port = 0;
  if (text.empty()) return true;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), port);
  return failed == std::errc{} && end == text.data() + text.size() && text.size() <= 5 && port <= 65535;
}

bool is_address6(std::string_view text) {
  in6_addr address{};
  return text.size() < 46 && text.find('\0') == std::string_view::npos && inet_pton(AF_INET6, std::string(text).c_str(), &address) == 1;
}

// Splits at the colon that begins the port; an address in brackets keeps its colons.
std::pair<std::string_view, std::string_view> split_port(std::string_view text) {
  const std::size_t from = text.starts_with('[') ? text.find(']') : 0;
  const std::size_t colon = from == std::string_view::npos ? from : text.find(':', from);
  if (colon == std::string_view::npos) return {text, {}};
  return {text.substr(0, colon), text.substr(colon + 1)};
}

// Percent-escapes must be whole and must not hide a NUL.
bool is_escaped_text(std::string_view text, Class what) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((classes[static_cast<unsigned char>(text[i])] & what) != 0) continue;
    if (text[i] != '%' || i + 2 >= text.size()) return false;
    const int high = hex_value(text[i + 1]), low = hex_value(text[i + 2]);
    if (high < 0 || low < 0 || (high == 0 && low == 0)) return false;
    i += 2;
  }
  return true;
}

bool is_origin_form(std::string_view text) {
  const std::size_t mark = text.find('?');
  if (!text.starts_with('/') || !is_escaped_text(text.substr(0, mark), in_path)) return false;
  return mark == std::string_view::npos || is_escaped_text(text.substr(mark + 1), in_query);
}

Error bad_target_form() { return bad_target("The request target is not a valid path"); }

}  // namespace

bool is_authority(std::string_view text) {
  const auto [host, port] = split_port(text);
  if (host.empty() || !is_port(port)) return false;
  if (host.starts_with('[')) return host.ends_with(']') && is_address6(host.substr(1, host.size() - 2));
  return all(host, in_host);
}

bool same_authority(std::string_view a, std::string_view b, bool tls) {
  const auto [host_a, port_a] = split_port(a);
  const auto [host_b, port_b] = split_port(b);
  const std::string_view usual = tls ? "443" : "80";
  return iequals(host_a, host_b) && (port_a.empty() ? usual : port_a) == (port_b.empty() ? usual : port_b);
}

Result<Target> read_target(std::string_view text, Method method, std::string& spare) {
  Target target;
  if (text == "*") {
    if (method != Method::options) return bad_target("The target * belongs to OPTIONS alone");
    target.origin = text;
    return target;
  }
  if (text.starts_with('/')) {
    if (!is_origin_form(text)) return bad_target_form();
    target.origin = text;
    return target;
  }
  const std::size_t scheme = text.find("://");
  if (scheme == std::string_view::npos) return bad_target_form();
  target.tls = iequals(text.substr(0, scheme), "https");
  if (!target.tls && !iequals(text.substr(0, scheme), "http")) return bad_target_form();
  const std::string_view rest = text.substr(scheme + 3);
  const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
  target.authority = rest.substr(0, end);
  target.origin = rest.substr(end);
  if (!is_authority(target.authority)) return bad_target("The request target names no valid host");
  if (!target.origin.starts_with('/')) {
    spare.assign("/").append(target.origin);
    target.origin = spare;
  }
  if (!is_origin_form(target.origin)) return bad_target_form();
  return target;
}

}  // namespace gatehouse::wire::http1
