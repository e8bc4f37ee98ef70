// net/test_client.h — for tests: the far end of a connection, which never waits unless it is told to.
#pragma once
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>

#include "gatehouse/base/fd.h"
#include "gatehouse/net/server.h"

namespace gatehouse::net {

inline std::string get(std::string_view path, std::string_view more = "") {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: x\r\n" + std::string(more) + "\r\n";
}
inline std::string post(std::string_view path, std::string_view body, std::string_view more = "") {
  return "POST " + std::string(path) + " HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         std::string(more) + "\r\n" + std::string(body);
}

class Client {
 public:
  explicit Client(const Endpoint& to, int receive_buffer = 0) {
    sockaddr_storage address{};
    const socklen_t size = fill(address, to);
    socket_ = Fd(::socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (receive_buffer > 0) ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    if (!socket_ || ::connect(socket_.get(), reinterpret_cast<sockaddr*>(&address), size) != 0) throw std::runtime_error("connect");
  }

  void send(std::string_view bytes) {
    outgoing_ += bytes;
    turn();
  }
  // Says that nothing more comes.
  void finish() { ::shutdown(socket_.get(), SHUT_WR); }
  // Goes without a word.
  void reset() {
    const linger at_once{1, 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    socket_.reset();
  }

  // Sends and takes what can be sent and taken at once; true when there was any.
  bool turn() {
    if (!socket_) return false;
    const bool sent = push();
    return (reading && pull()) || sent;
  }
  // For a server on threads of its own: waits until the condition holds.
  template <class F>
  [[nodiscard]] bool wait(F condition) {
    while (!condition()) {
      pollfd asked{socket_.get(), POLLIN, 0};
      if (!turn() && (ended || broken || ::poll(&asked, 1, 30'000) <= 0)) return condition();
    }
    return true;
  }
  std::size_t count(std::string_view part) const {
    std::size_t n = 0;
    for (std::size_t at = received.find(part); at != std::string::npos; at = received.find(part, at + part.size())) ++n;
    return n;
  }
  // Gives back what it has received and sent.
  void forget() {
    std::string().swap(received);
    std::string().swap(outgoing_);
  }

  std::string received;
  bool reading = true;
  bool ended = false;   // the server has finished
  bool broken = false;  // the server has reset the connection

 private:
  static socklen_t fill(sockaddr_storage& out, const Endpoint& to) {
    if (to.is_unix()) return fill_unix(out, *to.unix_path);
    return to.address.find(':') != std::string::npos ? fill_v6(out, to) : fill_v4(out, to);
  }
  static socklen_t fill_unix(sockaddr_storage& out, const std::string& path) {
    auto& address = reinterpret_cast<sockaddr_un&>(out);
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    return sizeof address;
  }
  static socklen_t fill_v4(sockaddr_storage& out, const Endpoint& to) {
    auto& address = reinterpret_cast<sockaddr_in&>(out);
    address.sin_family = AF_INET;
    address.sin_port = htons(to.port);
    ::inet_pton(AF_INET, to.address.c_str(), &address.sin_addr);
    return sizeof address;
  }
  static socklen_t fill_v6(sockaddr_storage& out, const Endpoint& to) {
    auto& address = reinterpret_cast<sockaddr_in6&>(out);
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(to.port);
    ::inet_pton(AF_INET6, to.address.c_str(), &address.sin6_addr);
    return sizeof address;
  }
  bool push() {
    if (outgoing_.empty()) return false;
    const ssize_t n = ::send(socket_.get(), outgoing_.data(), outgoing_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n > 0) outgoing_.erase(0, static_cast<std::size_t>(n));
    return n > 0;
  }
  bool pull() {
    if (ended || broken) return false;
    char piece[65536];
    const ssize_t n = ::recv(socket_.get(), piece, sizeof piece, MSG_DONTWAIT);
    if (n > 0) received.append(piece, static_cast<std::size_t>(n));
    if (n == 0) ended = true;
    if (n < 0 && errno != EAGAIN) broken = true;
    return n >= 0;
  }

  Fd socket_;
  std::string outgoing_;
};

}  // namespace gatehouse::net
