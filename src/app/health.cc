#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>
#include <iostream>
#include <istream>

#include "commands.h"

namespace gatehouse::app {
namespace {

using boost::asio::ip::tcp;

struct Url {
  std::string host, port = "80", path = "/readyz";
};

Result<Url> parse_url(const std::string& text) {
  constexpr std::string_view scheme = "http://";
  if (!text.starts_with(scheme)) {
    return operator_error("bad_url", "'" + text + "' is no http:// address; write it as http://127.0.0.1:8080/readyz");
  }
  Url url;
  std::string authority = text.substr(scheme.size());
  if (const std::size_t slash = authority.find('/'); slash != std::string::npos) {
    if (slash + 1 < authority.size()) url.path = authority.substr(slash);
    authority.resize(slash);
  }
  const std::size_t colon = authority.rfind(':');
  if (colon != std::string::npos && authority.find(']', colon) == std::string::npos) {
    url.port = authority.substr(colon + 1);
    authority.resize(colon);
  }
  if (authority.size() > 2 && authority.front() == '[') authority = authority.substr(1, authority.size() - 2);
  url.host = authority;
  return url;
}

// The status code of a GET; throws what Asio throws.
int status_of(const Url& url) {
  boost::asio::io_context context;
  tcp::resolver resolver(context);
  tcp::socket socket(context);
  boost::asio::connect(socket, resolver.resolve(url.host, url.port));
  const timeval patience{10, 0};
  setsockopt(socket.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  boost::asio::write(socket, boost::asio::buffer("GET " + url.path + " HTTP/1.1\r\nHost: " + url.host + "\r\nConnection: close\r\n\r\n"));
  boost::asio::streambuf answer(64 * 1024);
  boost::asio::read_until(socket, answer, "\r\n");
  std::istream line(&answer);
  std::string version;
  int status = 0;
  line >> version >> status;
  return status;
}

}  // namespace

int health(const std::string& text) {
  const Result<Url> url = parse_url(text);
  if (!url) {
    report(url.error());
    return exit_usage;
  }
  try {
    const int status = status_of(*url);
    std::cout << (status == 200 ? "ok" : "not well: HTTP " + std::to_string(status)) << '\n';
    return status == 200 ? exit_well : exit_failed;
  } catch (const boost::system::system_error& failed) {
    std::cerr << "gatehouse: nothing answers at " << text << ": " << failed.code().message() << '\n';
    return exit_failed;
  }
}

}  // namespace gatehouse::app
