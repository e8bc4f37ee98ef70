#include "plain_stream.h"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>

namespace gatehouse::net {
namespace {

PlainStream::Attempt outcome(ssize_t n) {
  using Went = PlainStream::Went;
  if (n >= 0) return {Went::through, static_cast<std::size_t>(n)};
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return {Went::blocked, 0};
  return {Went::broken, 0};
}

}  // namespace

PlainStream::Attempt PlainStream::try_write(std::string_view bytes) {
  return outcome(::send(socket_.native_handle(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL));
}

bool PlainStream::has_input() {
  char byte = 0;
  return ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

bool PlainStream::peer_left() {
  pollfd asked{socket_.native_handle(), POLLRDHUP, 0};
  return ::poll(&asked, 1, 0) > 0 && (asked.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

void PlainStream::cancel() {
  Failure ignored;
  socket_.cancel(ignored);
}

void PlainStream::shut_writing() {
  Failure ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
}

void PlainStream::close() {
  Failure ignored;
  socket_.close(ignored);
}

void PlainStream::abort() {
  Failure ignored;
  socket_.set_option(boost::asio::socket_base::linger(true, 0), ignored);
  socket_.close(ignored);
}

}  // namespace gatehouse::net
