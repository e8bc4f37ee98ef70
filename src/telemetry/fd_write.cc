#include "fd_write.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>

namespace gatehouse::telemetry {

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(n));
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return false;
    pollfd ready{fd, POLLOUT, 0};
    if (::poll(&ready, 1, 1000) <= 0) return false;
  }
  return true;
}

}  // namespace gatehouse::telemetry
