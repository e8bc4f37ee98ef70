#include "url.h"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <charconv>

namespace gatehouse::adapters {
namespace {

namespace ip = boost::asio::ip;

Error bad(std::string_view text, const std::string& why) {
  return operator_error("jwks_url_bad", "'" + std::string(text) + "' is no address for a key set: " + why);
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

// Labels of letters, digits and hyphens; a name in another script is written in its ASCII form.
bool is_host_name(std::string_view host) {
  if (host.empty() || host.size() > 253) return false;
  std::size_t label = 0;
  for (const char c : host) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    if (c == '.' ? label == 0 : !letter || ++label > 63) return false;
    if (c == '.') label = 0;
  }
  return label > 0;
}

// Reads ":port" at the end, where there is one.
bool read_port(std::string_view text, std::uint16_t& port) {
  if (text.empty()) return true;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data() + 1, end, port);
  return text.front() == ':' && read.ec == std::errc() && read.ptr == end && port > 0;
}

// host[:port] or [address]:port.
bool read_authority(std::string_view text, Url& url) {
  const bool bracketed = text.starts_with('[');
  const std::size_t end = bracketed ? text.find(']') : std::min(text.find(':'), text.size());
  if (end == std::string_view::npos) return false;
  url.host = text.substr(bracketed ? 1 : 0, bracketed ? end - 1 : end);
  std::ranges::transform(url.host, url.host.begin(), lower);
  boost::system::error_code none;
  const ip::address address = ip::make_address(url.host, none);
  url.literal = !none;
  if (bracketed ? none || !address.is_v6() : !(url.literal ? address.is_v4() : is_host_name(url.host))) return false;
  return read_port(text.substr(bracketed ? end + 1 : end), url.port);
}

bool is_loopback(const Url& url) { return url.literal ? ip::make_address(url.host).is_loopback() : url.host == "localhost"; }

}  // namespace

Result<Url> parse_url(std::string_view text) {
  const auto printable = [](char c) { return c > ' ' && c < 0x7f && c != '"' && c != '<' && c != '>' && c != '\\'; };
  if (!std::ranges::all_of(text, printable)) return bad(text, "it has characters that must be percent-encoded");
  Url url;
  std::string_view rest = text;
  if (rest.starts_with("https://")) {
    rest.remove_prefix(8);
  } else if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
    url.tls = false;
    url.port = 80;
  } else {
    return bad(text, "it must begin with https://");
  }
  if (rest.find('#') != std::string_view::npos) return bad(text, "it has a fragment");
  const std::size_t path = std::min(rest.find_first_of("/?"), rest.size());
  if (rest.substr(0, path).find('@') != std::string_view::npos) return bad(text, "it names a user");
  if (!read_authority(rest.substr(0, path), url)) return bad(text, "its host or port is none");
  if (!url.tls && !is_loopback(url)) return bad(text, "plain http is for loopback alone; use https");
  url.authority = rest.substr(0, path);
  url.target = rest.substr(path);
  if (!url.target.starts_with('/')) url.target.insert(0, "/");
  return url;
}

}  // namespace gatehouse::adapters
