#include "listen.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <boost/asio/ip/tcp.hpp>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

namespace gatehouse::net {
namespace {

using Address = boost::asio::ip::tcp::endpoint;

Error failed(const Endpoint& endpoint, int error) {
  const std::string where = to_string(endpoint);
  if (error == EADDRINUSE)
    return operator_error("port_taken", "another program already listens on " + where + ": stop it, or listen on another port");
  if (error == EADDRNOTAVAIL) return operator_error("bad_listen_address", "this machine does not have the address of " + where);
  return operator_error("listen_failed", "cannot listen on " + where + ": " + std::strerror(error));
}

bool switch_on(const Fd& socket, int level, int option) {
  const int on = 1;
  return setsockopt(socket.get(), level, option, &on, sizeof on) == 0;
}

// Bound without SO_REUSEPORT, a socket finds out whether anybody else listens; the option is set before its siblings bind.
Result<Fd> listen_once(const Endpoint& endpoint, const Address& address, int backlog, PortUse use) {
  Fd socket(::socket(address.protocol().family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP));
  if (!socket) return failed(endpoint, errno);
  const bool v6 = address.address().is_v6();
  const bool ready = switch_on(socket, SOL_SOCKET, SO_REUSEADDR) && (!v6 || switch_on(socket, IPPROTO_IPV6, IPV6_V6ONLY)) &&
                     (use == PortUse::alone || switch_on(socket, SOL_SOCKET, SO_REUSEPORT)) &&
                     switch_on(socket, IPPROTO_TCP, TCP_NODELAY) &&  // accepted sockets inherit it
                     ::bind(socket.get(), address.data(), static_cast<socklen_t>(address.size())) == 0 &&
                     switch_on(socket, SOL_SOCKET, SO_REUSEPORT) && ::listen(socket.get(), backlog) == 0;
  if (!ready) return failed(endpoint, errno);
  return socket;
}

Result<std::uint16_t> port_of(const Endpoint& endpoint, const Fd& socket) {
  Address bound;
  auto size = static_cast<socklen_t>(bound.capacity());
  if (getsockname(socket.get(), bound.data(), &size) != 0) return failed(endpoint, errno);
  bound.resize(size);
  return bound.port();
}

}  // namespace

Result<std::vector<Fd>> listen_on(Endpoint& endpoint, std::size_t sockets, int backlog, PortUse use) {
  boost::system::error_code bad;
  const auto ip = boost::asio::ip::make_address(endpoint.address, bad);
  if (bad) return operator_error("bad_listen_address", "'" + endpoint.address + "' is not an IP address to listen on");
  std::vector<Fd> listeners;
  while (listeners.size() < sockets) {
    GH_TRY(Fd socket, listen_once(endpoint, Address(ip, endpoint.port), backlog, listeners.empty() ? use : PortUse::shared));
    GH_TRY(endpoint.port, port_of(endpoint, socket));
    listeners.push_back(std::move(socket));
  }
  return listeners;
}

}  // namespace gatehouse::net
