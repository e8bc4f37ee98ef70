#include "gatehouse/gateway/edge.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "gatehouse/base/words.h"
#include "gatehouse/net/networks.h"

namespace gatehouse::gateway {
namespace {

std::string quoted(std::string_view text) { return "'" + std::string(text.substr(0, 200)) + "' "; }
Error bad_host_name(std::string_view text) {
  return operator_error("bad_host_name", quoted(text) + "is no host; write it as api.example.com or *.example.com, without a port");
}
Error bad_origin(std::string_view text) {
  return operator_error("bad_origin", quoted(text) + "is no origin; write it as https://app.example.com");
}
Error bad_url(std::string_view text) {
  return operator_error("bad_url", quoted(text) + "is no URL of this server; write it as https://api.example.com");
}

// The name without what may stand around it.
std::string_view without_port(std::string_view authority) {
  if (authority.starts_with('[')) return authority.substr(0, authority.find(']') + 1);
  return authority.substr(0, authority.find(':'));
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 253 && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-' || c == '.' || c == '_';
  });
}

bool is_host(std::string_view text) {
  if (text.starts_with('[') && text.ends_with(']')) {
    const auto address = net::parse_address(text.substr(1, text.size() - 2));
    return address && !address->is_v4();
  }
  return is_name(text) && !text.starts_with('.') && !text.ends_with('.');
}

struct Url {
  bool https;
  std::string host;
  std::uint16_t port;  // 0: the usual one
  std::string_view rest;
};

// Nothing: no absolute http or https URL.
std::optional<Url> split_url(std::string_view text) {
  const std::size_t scheme = text.find("://");
  if (scheme == std::string_view::npos) return std::nullopt;
  Url url{same_word(text.substr(0, scheme), "https"), {}, 0, {}};
  if (!url.https && !same_word(text.substr(0, scheme), "http")) return std::nullopt;
  text.remove_prefix(scheme + 3);
  const std::string_view authority = text.substr(0, text.find_first_of("/?#"));
  url.rest = text.substr(authority.size());
  const std::string_view host = without_port(authority), port = authority.substr(host.size());
  url.host = lower_word(host);
  if (!is_host(url.host)) return std::nullopt;
  if (port.empty()) return url;
  const char* const end = port.data() + port.size();
  const auto [at, failed] = std::from_chars(port.data() + 1, end, url.port);
  if (failed != std::errc() || at != end || url.port == 0) return std::nullopt;
  if (url.port == (url.https ? 443 : 80)) url.port = 0;
  return url;
}

bool matches(std::string_view rule, std::string_view host) {
  if (rule == "*") return true;
  if (!rule.starts_with("*.")) return rule == host;
  return host.size() > rule.size() - 1 && host.ends_with(rule.substr(1));
}

bool on_loopback(std::string_view peer) { return peer == "::1" || peer.starts_with("127."); }

}  // namespace

Result<std::string> read_host(std::string_view text) {
  std::string host = lower_word(text);
  if (host == "*" || is_host(host.starts_with("*.") ? std::string_view(host).substr(2) : std::string_view(host))) return host;
  return bad_host_name(text);
}

Result<std::string> read_origin(std::string_view text) {
  if (text == "*") return std::string(text);
  const std::optional<Url> url = split_url(text);
  if (!url || (!url->rest.empty() && url->rest != "/")) return bad_origin(text);
  std::string origin = (url->https ? "https://" : "http://") + url->host;
  if (url->port != 0) origin += ":" + std::to_string(url->port);
  return origin;
}

Result<std::string> host_of_url(std::string_view text) {
  std::optional<Url> url = split_url(text);
  if (!url || url->rest.find_first_of("?#") != std::string_view::npos) return bad_url(text);
  return std::move(url->host);
}

bool trusts_host(const EdgeRules& rules, std::string_view host, std::string_view peer) {
  if (rules.hosts.empty()) return true;
  const std::string name = lower_word(without_port(host));
  if (std::ranges::any_of(rules.hosts, [&name](const std::string& rule) { return matches(rule, name); })) return true;
  return on_loopback(peer) && (name == "localhost" || name == "[::1]" || (name.starts_with("127.") && net::parse_address(name)));
}

}  // namespace gatehouse::gateway
