#include "frame_socket.h"

#include <sys/socket.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <cerrno>
#include <cstring>

namespace gatehouse::adapters {

namespace w = wire::engine;

namespace {

constexpr std::size_t read_size = 16 * 1024;  // cleared before each read
constexpr std::size_t kept_capacity = 1024 * 1024;
// What may wait where a frame of the greatest size comes beside it: its headers take some room, too.
constexpr std::size_t read_enough = std::size_t{256} * 1024;

Error socket_error(std::string_view reason, std::string detail) {
  return Error(Code::unavailable, Origin::engine, reason, "The model's engine is not available").with_detail(std::move(detail));
}

Error unwanted_descriptor() { return socket_error("engine_descriptor_unwanted", "a descriptor that nobody asked for"); }

}  // namespace

FrameSocket::FrameSocket(Reactor& reactor, Fd fd, w::Sender peer)
    : reactor_(reactor), peer_(peer), socket_(reactor.context()), reader_(peer), raw_fd_(fd.get()) {
  socket_.assign(boost::asio::local::stream_protocol(), fd.release());
  socket_.non_blocking(true);
}

FrameSocket::~FrameSocket() = default;

void FrameSocket::start(Callbacks callbacks) {
  callbacks_ = std::move(callbacks);
  wait_readable();
}

void FrameSocket::wait_readable() {
  if (peer_ == w::Sender::engine) return read_ahead();
  socket_.async_wait(boost::asio::socket_base::wait_read, [self = shared_from_this()](boost::system::error_code failed) {
    if (failed || !self->open_) return;
    self->read_some();
  });
}

// From an engine: what it passes beside its bytes is never taken, it could fill the front's table of descriptors. A read that is under
// way costs no system call to wait for.
void FrameSocket::read_ahead() {
  if (!ahead_) ahead_ = std::make_unique_for_overwrite<char[]>(read_size);
  const auto room = boost::asio::buffer(ahead_.get(), read_size);
  socket_.async_read_some(room, [self = shared_from_this()](const boost::system::error_code& failed, std::size_t n) {
    if (!self->open_) return;
    if (failed) return self->fail(socket_error("engine_gone", failed.message()));
    self->reader_.append({self->ahead_.get(), n});
    self->reactor_.turn([&self] { self->hand_over_frames(); });
  });
}

void FrameSocket::read_some() {
  std::string& buffer = reader_.buffer();
  const std::size_t had = buffer.size();
  buffer.resize(had + read_size);
  iovec part{buffer.data() + had, read_size};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t n = recvmsg(raw_fd_, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  const int error = errno;
  buffer.resize(had + static_cast<std::size_t>(n > 0 ? n : 0));
  if (n < 0 && (error == EAGAIN || error == EINTR)) return wait_readable();
  if (n <= 0) return fail(socket_error("engine_gone", n == 0 ? "end of file" : std::strerror(error)));
  const Status kept = keep_descriptors(message);
  if (!kept) return fail(kept.error());
  hand_over_frames();
}

Status FrameSocket::keep_descriptors(msghdr& message) {
  bool unwanted = (message.msg_flags & MSG_CTRUNC) != 0;
  for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd;
      std::memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
      unwanted |= static_cast<bool>(descriptor_);
      descriptor_ = Fd(fd);
    }
  }
  return unwanted ? Status(unwanted_descriptor()) : ok();
}

void FrameSocket::hand_over_frames() {
  const auto self = shared_from_this();  // a callback may drop the last other reference
  while (open_) {
    auto frame = reader_.next();
    if (!frame) return fail(std::move(frame).error());
    if (!*frame) break;
    Fd descriptor;
    if (w::brings_model((*frame)->body)) descriptor = std::move(descriptor_);
    const Status taken = callbacks_.frame(std::move(**frame), std::move(descriptor));
    if (!taken) return fail(taken.error());
  }
  if (open_) wait_readable();
}

bool FrameSocket::send(std::uint64_t job, const w::Body& body) {
  const std::lock_guard lock(mutex_);
  if (broken_) return false;
  const bool idle = pending_.empty();
  w::encode(job, body, pending_);
  if (idle) write_some();
  if (!broken_ && pending_.size() - sent_ > pending_bound) break_off("engine_not_reading", "the peer does not read");
  return !broken_;
}

void FrameSocket::wait_for_reader() {
  std::unique_lock lock(mutex_);
  read_.wait(lock, [this] { return broken_ || pending_.size() - sent_ <= read_enough; });
}

bool FrameSocket::has_room_for(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  const std::size_t waits = pending_.size() - sent_;
  return waits <= read_enough || (bytes <= pending_bound - read_enough && waits <= pending_bound - read_enough - bytes);
}

// With mutex_ held. The reader need not notice: a peer may end one direction only.
void FrameSocket::break_off(std::string_view reason, std::string detail) {
  broken_ = true;
  read_.notify_all();
  reactor_.post([self = shared_from_this(), why = socket_error(reason, std::move(detail))] { self->fail(why); });
}

bool FrameSocket::send_with(std::uint64_t job, const w::Body& body, const Fd& descriptor) {
  const std::lock_guard lock(mutex_);
  std::string bytes;
  w::encode(job, body, bytes);
  if (broken_ || !pending_.empty()) return false;
  iovec part{bytes.data(), bytes.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  cmsghdr* c = CMSG_FIRSTHDR(&message);
  c->cmsg_level = SOL_SOCKET;
  c->cmsg_type = SCM_RIGHTS;
  c->cmsg_len = CMSG_LEN(sizeof(int));
  const int fd = descriptor.get();
  std::memcpy(CMSG_DATA(c), &fd, sizeof(int));
  // A load frame is some tens of bytes, or some hundreds: an idle socket takes it whole.
  return sendmsg(raw_fd_, &message, MSG_DONTWAIT | MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
}

// With mutex_ held.
void FrameSocket::write_some() {
  while (!broken_ && sent_ < pending_.size()) {
    const ssize_t n = ::send(raw_fd_, pending_.data() + sent_, pending_.size() - sent_, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n >= 0) {
      sent_ += static_cast<std::size_t>(n);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      break;
    } else if (errno != EINTR) {
      break_off("engine_gone", std::strerror(errno));
    }
  }
  if (pending_.size() - sent_ <= read_enough) read_.notify_all();
  if (sent_ * 2 >= pending_.size()) {  // what is left moves at most once for each byte that went
    pending_.erase(0, sent_);
    sent_ = 0;
    if (pending_.capacity() > kept_capacity) pending_.shrink_to_fit();
  }
  if (!pending_.empty() && !broken_ && !waits_writable_) {
    waits_writable_ = true;
    reactor_.post([self = shared_from_this()] { self->wait_writable(); });
  }
}

void FrameSocket::wait_writable() {
  if (!open_) return;
  socket_.async_wait(boost::asio::socket_base::wait_write, [self = shared_from_this()](boost::system::error_code failed) {
    if (failed || !self->open_) return;
    const std::lock_guard lock(self->mutex_);
    self->waits_writable_ = false;
    self->write_some();
  });
}

void FrameSocket::fail(Error error) {
  if (!open_) return;
  close();
  if (callbacks_.closed) std::exchange(callbacks_.closed, nullptr)(error);
}

void FrameSocket::close() {
  open_ = false;
  const std::lock_guard lock(mutex_);
  broken_ = true;
  read_.notify_all();
  boost::system::error_code ignored;
  socket_.close(ignored);
}

}  // namespace gatehouse::adapters
