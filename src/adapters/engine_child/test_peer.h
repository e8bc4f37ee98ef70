// The other end of a socket pair, as tests play it: blocking reads and writes of frames, or of whatever bytes.
#pragma once
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "gatehouse/base/fd.h"
#include "gatehouse/runtime/reactor.h"
#include "gatehouse/wire/engine/frames.h"

namespace gatehouse::adapters {

inline std::pair<Fd, Fd> test_socket_pair() {
  int ends[2] = {-1, -1};
  EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  return {Fd(ends[0]), Fd(ends[1])};
}

// Everything that can happen on the reactor without time passing.
inline void settle(Reactor& reactor) {
  while (reactor.context().poll() > 0) {
  }
}

class TestPeer {
 public:
  // other: whose frames are read here.
  TestPeer(Fd fd, wire::engine::Sender other) : fd_(std::move(fd)), reader_(other) {}

  bool send_bytes(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }
  bool send(std::uint64_t job, const wire::engine::Body& body) {
    std::string bytes;
    wire::engine::encode(job, body, bytes);
    return send_bytes(bytes);
  }
  bool send_with(std::string bytes, int descriptor, int copies = 1) {
    iovec part{bytes.data(), bytes.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(4 * sizeof(int))> control{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = CMSG_SPACE(static_cast<std::size_t>(copies) * sizeof(int));
    cmsghdr* c = CMSG_FIRSTHDR(&message);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(static_cast<std::size_t>(copies) * sizeof(int));
    for (int i = 0; i < copies; ++i) std::memcpy(CMSG_DATA(c) + static_cast<std::size_t>(i) * sizeof(int), &descriptor, sizeof(int));
    return sendmsg(fd_.get(), &message, MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
  }
  // The next frame; nothing at the end of the stream. Waits, or with poll does not.
  std::optional<wire::engine::Frame> next(int flags = 0) {
    for (;;) {
      auto frame = reader_.next();
      EXPECT_TRUE(frame.ok());
      if (!frame.ok()) return std::nullopt;
      if (*frame) return std::move(**frame);
      char bytes[65536];
      const ssize_t n = recv(fd_.get(), bytes, sizeof bytes, flags);
      if (n <= 0) return std::nullopt;
      reader_.append(std::string_view(bytes, static_cast<std::size_t>(n)));
    }
  }
  std::optional<wire::engine::Frame> poll() { return next(MSG_DONTWAIT); }
  // The next frame's body, which must be a T.
  template <class T>
  T expect(int flags = 0) {
    auto frame = next(flags);
    if (!frame || !std::holds_alternative<T>(frame->body)) {
      ADD_FAILURE() << (frame ? "another frame" : "no frame");
      return T();
    }
    return std::get<T>(std::move(frame->body));
  }
  bool at_end() {
    char byte;
    return recv(fd_.get(), &byte, 1, 0) <= 0;
  }
  int fd() const { return fd_.get(); }
  void hang_up() { fd_.reset(); }

 private:
  Fd fd_;
  wire::engine::FrameReader reader_;
};

}  // namespace gatehouse::adapters
