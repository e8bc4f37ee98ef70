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

bool is_file(int fd) {
  struct stat about{};
  return ::fstat(fd, &about) == 0 && S_ISREG(about.st_mode);
}

}  // namespace

FdWriter::FdWriter(int fd) : fd_(fd), file_(is_file(fd)) {}

bool FdWriter::writable() {
  if (file_) return true;
  pollfd ready{fd_, POLLOUT, 0};
  int n = 0;
  do n = ::poll(&ready, 1, stalled_ ? 0 : patience);
  while (n < 0 && errno == EINTR);
  stalled_ = n <= 0;
  return !stalled_;
}

std::size_t FdWriter::write_some(std::string_view bytes) {
  std::size_t written = 0;
  while (written < bytes.size() && writable()) {
    // A pipe that poll calls writable takes this much at once; with more, write() itself would wait for the reader.
    const std::size_t most = file_ ? bytes.size() : std::min<std::size_t>(bytes.size() - written, PIPE_BUF);
    const ssize_t n = ::write(fd_, bytes.data() + written, std::min(most, bytes.size() - written));
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (n <= 0) break;
    written += static_cast<std::size_t>(n);
  }
  return written;
}

std::size_t FdWriter::write(std::string_view bytes) {
  if (torn_ && write_some("\n") == 0) return 0;
  torn_ = false;
  const std::size_t written = write_some(bytes);
  torn_ = written > 0 && bytes[written - 1] != '\n';
  return written;
}

}  // namespace gatehouse::telemetry
