// net/plain_stream.h — the bytes of one connection, over TCP or a Unix socket. This is the seam where TLS will stand: a TlsStream offers
// the same calls, and a Connection needs nothing else of a socket.
// Threads  the reactor of the socket
#pragma once
#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/redirect_error.hpp>
#include <span>
#include <string_view>
#include <utility>

#include "gatehouse/runtime/task.h"

namespace gatehouse::net {

using Failure = boost::system::error_code;

class PlainStream {
 public:
  using Protocol = boost::asio::generic::stream_protocol;
  using Socket = boost::asio::basic_stream_socket<Protocol, Executor>;
  // What came of an attempt that never waits.
  enum class Went { through, blocked, broken };
  struct Attempt {
    Went went;
    std::size_t bytes;
  };

  explicit PlainStream(Socket socket) : socket_(std::move(socket)) {}

  Attempt try_write(std::string_view bytes);
  // Waits for the first bytes. failure: end of file, operation_aborted after cancel(), or what broke.
  Task<std::size_t> read(std::span<char> room, Failure& failure) {
    return socket_.async_read_some(boost::asio::buffer(room.data(), room.size()), boost::asio::redirect_error(use_task, failure));
  }
  // then(failure) is called when the socket takes bytes again.
  template <class F>
  void when_writable(F&& then) {
    socket_.async_wait(Socket::wait_write, std::forward<F>(then));
  }
  bool has_input();
  // The other end has finished or is gone, even where unread bytes hide it.
  bool peer_left();
  // Ends what waits on this stream with operation_aborted.
  void cancel();
  void shut_writing();
  void close();
  // Closes at once, dropping what the kernel still holds for a client that does not read. Over TCP the client sees a reset, over a Unix
  // socket an end.
  void abort();

 private:
  Socket socket_;
};

}  // namespace gatehouse::net
