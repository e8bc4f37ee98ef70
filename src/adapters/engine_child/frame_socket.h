// adapters/engine_child/frame_socket.h — frames over one end of a socket pair.
// Threads  send() from any thread; everything else on the reactor
// Errors   closed() is called once, with the reason, when the peer is gone or sent what is no frame
#pragma once
#include <boost/asio/local/stream_protocol.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "gatehouse/base/fd.h"
#include "gatehouse/base/result.h"
#include "gatehouse/runtime/reactor.h"
#include "gatehouse/wire/engine/frames.h"

namespace gatehouse::adapters {

class FrameSocket : public std::enable_shared_from_this<FrameSocket> {
 public:
  struct Callbacks {
    std::function<Status(wire::engine::Frame&& frame, Fd&& descriptor)> frame;  // an Error closes the socket
    std::function<void(const Error& why)> closed;
  };
  FrameSocket(Reactor& reactor, Fd fd, wire::engine::Sender peer);
  ~FrameSocket();

  void start(Callbacks callbacks);
  // Never blocks. False when the peer is gone or reads so slowly that the bound is passed: the socket is then broken.
  bool send(std::uint64_t job, const wire::engine::Body& body);
  // With a descriptor beside the frame; only as the first thing on an idle socket.
  bool send_with(std::uint64_t job, const wire::engine::Body& body, const Fd& descriptor);
  // Stops reading and closes; closed() is not called.
  void close();

 private:
  void wait_readable();
  void wait_writable();
  void read_some();
  void write_some();
  void fail(Error error);

  Reactor& reactor_;
  boost::asio::local::stream_protocol::socket socket_;
  wire::engine::FrameReader reader_;
  Callbacks callbacks_;
  std::deque<Fd> descriptors_;  // received, not yet claimed by a frame
  bool open_ = true;

  std::mutex mutex_;     // guards what follows
  std::string pending_;  // not yet taken by the kernel
  bool broken_ = false, waits_writable_ = false;
  int raw_fd_;
};

}  // namespace gatehouse::adapters
