// adapters/engine_child/frame_socket.h — frames over one end of a socket pair.
// Threads  send() from any thread, wait_for_reader() from any but the reactor's; everything else on the reactor
// Errors   closed() is called once, with the reason, when the peer is gone, sent what is no frame, or does not read
#pragma once
#include <boost/asio/local/stream_protocol.hpp>
#include <condition_variable>
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
  // How many bytes may wait for the peer: a prepare of the greatest size, and some.
  static constexpr std::size_t pending_bound = 64 * 1024 * 1024;
  FrameSocket(Reactor& reactor, Fd fd, wire::engine::Sender peer);
  ~FrameSocket();

  void start(Callbacks callbacks);
  // Never blocks. False when the peer is gone or reads so slowly that the bound is passed: the socket is then broken.
  bool send(std::uint64_t job, const wire::engine::Body& body);
  // Blocks until so little waits for the peer that a frame of the greatest size has room beside it, or the socket is broken.
  void wait_for_reader();
  // Whether a frame of so many bytes has room beside what waits.
  bool has_room_for(std::size_t bytes);
  // With a descriptor beside the frame; only as the first thing on an idle socket.
  bool send_with(std::uint64_t job, const wire::engine::Body& body, const Fd& descriptor);
  // Stops reading and closes; closed() is not called.
  void close();

 private:
  void wait_readable();
  void read_ahead();
  void wait_writable();
  void read_some();
  Status keep_descriptors(msghdr& message);
  void hand_over_frames();
  void write_some();
  void break_off(std::string_view reason, std::string detail);
  void fail(Error error);

  Reactor& reactor_;
  const wire::engine::Sender peer_;
  boost::asio::local::stream_protocol::socket socket_;
  wire::engine::FrameReader reader_;
  Callbacks callbacks_;
  Fd descriptor_;                  // received, not yet claimed by a frame
  std::unique_ptr<char[]> ahead_;  // where bytes come in that bring no descriptors
  bool open_ = true;

  std::mutex mutex_;  // guards what follows
  std::condition_variable read_;
  std::string pending_;  // not yet taken by the kernel, from sent_ on
  std::size_t sent_ = 0;
  bool broken_ = false, waits_writable_ = false;
  int raw_fd_;
};

}  // namespace gatehouse::adapters
