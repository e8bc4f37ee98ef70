#include "options.h"

#include <boost/asio/ip/address.hpp>
#include <charconv>

namespace gatehouse::app {
namespace {

Error bad_address(const std::string& text) {
  return operator_error("bad_listen_address", "'" + text + "' is no address to listen on; write it as 127.0.0.1:8080 or [::1]:8080");
}

}  // namespace

Result<net::Endpoint> parse_endpoint(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0) return bad_address(text);
  std::string host = text.substr(0, colon);
  if (host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  if (host == "localhost") host = "127.0.0.1";
  std::uint16_t port = 0;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data() + colon + 1, end, port);
  boost::system::error_code failure;
  boost::asio::ip::make_address(host, failure);
  if (failure || read.ec != std::errc() || read.ptr != end) return bad_address(text);
  return net::Endpoint(host, port);
}

bool is_loopback(const net::Endpoint& endpoint) {
  boost::system::error_code failure;
  return boost::asio::ip::make_address(endpoint.address, failure).is_loopback() && !failure;
}

std::string url_of(const net::Endpoint& endpoint) {
  const bool v6 = endpoint.address.find(':') != std::string::npos;
  return "http://" + (v6 ? "[" + endpoint.address + "]" : endpoint.address) + ":" + std::to_string(endpoint.port);
}

}  // namespace gatehouse::app
