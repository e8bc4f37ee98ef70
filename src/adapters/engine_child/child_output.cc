#include "child_output.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

namespace gatehouse::adapters {
namespace {

constexpr std::size_t longest_line = 1024;
constexpr std::uint32_t lines_a_second = 50;

}  // namespace

std::shared_ptr<ChildOutput> ChildOutput::start(Reactor& reactor, Fd pipe, Line line) {
  std::shared_ptr<ChildOutput> output(new ChildOutput(reactor, std::move(line)));
  output->pipe_.assign(pipe.release());
  output->pipe_.non_blocking(true);
  output->wait();
  return output;
}

void ChildOutput::stop() {
  line_ = nullptr;
  boost::system::error_code ignored;
  pipe_.close(ignored);
}

void ChildOutput::wait() {
  pipe_.async_wait(boost::asio::posix::descriptor_base::wait_read, [self = shared_from_this()](boost::system::error_code failed) {
    if (!failed && self->pipe_.is_open()) self->read();
  });
}

void ChildOutput::read() {
  std::array<char, 4096> bytes;
  const ssize_t n = ::read(pipe_.native_handle(), bytes.data(), bytes.size());
  for (ssize_t i = 0; i < n; ++i) take(bytes[static_cast<std::size_t>(i)]);
  if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR))) return wait();
  say();
  stop();
}

void ChildOutput::take(char byte) {
  if (byte == '\n') return say();
  if (held_.size() < longest_line && byte != '\r') held_ += byte;
}

void ChildOutput::say() {
  const std::string line = std::exchange(held_, std::string());
  if (line.empty() || !line_) return;
  const Instant now = reactor_.clock().now();
  if (now - second_ >= seconds(1)) {
    second_ = now;
    said_ = 0;
    if (const std::uint32_t n = std::exchange(left_out_, 0U); n > 0) line_("(" + std::to_string(n) + " lines left out)");
  }
  if (++said_ <= lines_a_second) return line_(line);
  ++left_out_;
}

}  // namespace gatehouse::adapters
