#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <charconv>
#include <iostream>

#include "commands.h"
#include "gatehouse/net/client.h"

namespace gatehouse::app {
namespace {

constexpr seconds longest_answer{10};

struct Url {
  std::string authority, host, path = "/readyz";
  std::uint16_t port = 80;
};

Error bad_url(const std::string& text) {
  return operator_error("bad_url", "'" + text + "' is no http:// address; write it as http://127.0.0.1:8080/readyz");
}

Result<Url> parse_url(const std::string& text) {
  constexpr std::string_view scheme = "http://";
  if (!text.starts_with(scheme)) return bad_url(text);
  Url url;
  std::string authority = text.substr(scheme.size());
  if (const std::size_t slash = authority.find('/'); slash != std::string::npos) {
    if (slash + 1 < authority.size()) url.path = authority.substr(slash);
    authority.resize(slash);
  }
  url.authority = authority;
  const std::size_t colon = authority.rfind(':');
  if (colon != std::string::npos && authority.find(']', colon) == std::string::npos) {
    const char* const end = authority.data() + authority.size();
    const auto read = std::from_chars(authority.data() + colon + 1, end, url.port);
    if (read.ec != std::errc() || read.ptr != end) return bad_url(text);
    authority.resize(colon);
  }
  if (authority.size() > 2 && authority.front() == '[') authority = authority.substr(1, authority.size() - 2);
  if (authority.empty()) return bad_url(text);
  url.host = authority;
  return url;
}

// All that a name stands for; an address stands for itself.
std::vector<net::Endpoint> endpoints_of(const Url& url) {
  boost::asio::io_context context;
  boost::asio::ip::tcp::resolver resolver(context);
  boost::system::error_code unknown;
  std::vector<net::Endpoint> endpoints;
  for (const auto& found : resolver.resolve(url.host, std::to_string(url.port), unknown)) {
    endpoints.emplace_back(found.endpoint().address().to_string(), url.port);
  }
  return endpoints;
}

Result<wire::HttpReply> ask_any(const std::vector<net::Endpoint>& endpoints, const net::ClientRequest& request) {
  Result<wire::HttpReply> reply = operator_error("unknown_host", "nobody knows that name");
  for (const net::Endpoint& endpoint : endpoints) {
    reply = net::ask(endpoint, request, net::ClientLimits(longest_answer, {}));
    if (reply || reply.error().reason() != "nobody_listens") break;
  }
  return reply;
}

}  // namespace

int health(const std::string& text) {
  const Result<Url> url = parse_url(text);
  if (!url) {
    report(url.error());
    return exit_usage;
  }
  net::ClientRequest request(wire::Method::get, url->path);
  request.host = url->authority;
  const Result<wire::HttpReply> reply = ask_any(endpoints_of(*url), request);
  if (!reply) {
    std::cerr << "gatehouse: no answer from " << text << ": " << reply.error().public_text() << '\n';
    return exit_failed;
  }
  std::cout << (reply->status == 200 ? "ok" : "not well: HTTP " + std::to_string(reply->status)) << '\n';
  return reply->status == 200 ? exit_well : exit_failed;
}

}  // namespace gatehouse::app
