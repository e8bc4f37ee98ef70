#include "fd_write.h"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>

namespace gatehouse::telemetry {
namespace {

constexpr int patience = 1000;  // milliseconds

bool regular(int fd) {
  struct stat about{};
  return ::fstat(fd, &about) == 0 && S_ISREG(about.st_mode);
}

}  // namespace

FdWriter::FdWriter(int fd) : fd_(fd), file_(regular(fd)) {}

bool FdWriter::writable() {
  if (file_) return true;
  pollfd ready{fd_, POLLOUT, 0};
  int n = 0;
  do n = ::poll(&ready, 1, stalled_ ? 0 : patience);
  while (n < 0 && errno == EINTR);
  stalled_ = n <= 0;
  return !stalled_;
}

// A pipe that poll calls writable takes this much at once, and undivided; with more, write() itself would wait for the reader.
std::string_view FdWriter::next_piece(std::string_view bytes) const {
  if (file_ || bytes.size() <= PIPE_BUF) return bytes;
  const std::size_t end = bytes.substr(0, PIPE_BUF).rfind('\n');
  return bytes.substr(0, end == std::string_view::npos ? PIPE_BUF : end + 1);
}

std::size_t FdWriter::write_some(std::string_view bytes) {
  std::size_t written = 0;
  error_ = 0;
  while (written < bytes.size() && writable()) {
    const std::string_view piece = next_piece(bytes.substr(written));
    const ssize_t n = ::write(fd_, piece.data(), piece.size());
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (n <= 0) {
      error_ = n < 0 ? errno : EIO;
      break;
    }
    written += static_cast<std::size_t>(n);
  }
  return written;
}

std::size_t FdWriter::write(std::string_view lines) {
  rest_.erase(0, write_some(rest_));
  if (!rest_.empty()) return 0;
  const std::size_t written = write_some(lines);
  if (written == 0 || written == lines.size() || lines[written - 1] == '\n') return written;
  const std::size_t end = std::min(lines.find('\n', written), lines.size() - 1) + 1;
  rest_ = lines.substr(written, end - written);
  return end;
}

}  // namespace gatehouse::telemetry
