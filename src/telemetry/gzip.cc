#include "gzip.h"

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include <array>
#include <cerrno>
#include <memory>
#include <system_error>

#include "gatehouse/base/fd.h"

namespace gatehouse::telemetry {
namespace {

using GzFile = std::unique_ptr<gzFile_s, int (*)(gzFile)>;

Error not_compressed(const std::string& why) { return operator_error("log_not_compressed", why); }
Error failed(int error) { return not_compressed(std::generic_category().message(error)); }

Status copy(int from, gzFile to, const std::atomic<bool>& stop) {
  std::array<char, 65536> piece;
  for (;;) {
    if (stop.load(std::memory_order_relaxed)) return not_compressed("the process ends");
    const ssize_t n = ::read(from, piece.data(), piece.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failed(errno);
    if (n == 0) return ok();
    errno = 0;
    if (::gzwrite(to, piece.data(), static_cast<unsigned>(n)) != n) return failed(errno == 0 ? EIO : errno);
  }
}

}  // namespace

Status gzip(int from, int to, const std::atomic<bool>& stop) {
  const int own = ::fcntl(to, F_DUPFD_CLOEXEC, 0);  // gzclose closes what it was given
  if (own < 0) return failed(errno);
  GzFile out(::gzdopen(own, "wb6"), &::gzclose);
  if (!out) {
    ::close(own);
    return failed(ENOMEM);
  }
  GH_CHECK(copy(from, out.get(), stop));
  errno = 0;
  if (::gzclose(out.release()) != Z_OK) return failed(errno == 0 ? EIO : errno);
  return ::fdatasync(to) == 0 ? ok() : Status(failed(errno));
}

}  // namespace gatehouse::telemetry
