#include "listen_unix.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cerrno>
#include <system_error>

#include "unix_address.h"

namespace gatehouse::net {
namespace {

constexpr mode_t owner_only = 0600;

Error failed(const std::string& path, const std::string& why) {
  return operator_error("listen_failed", "cannot listen on unix:" + path + ": " + why);
}
Error failed(const std::string& path, int error) {
  if (error == EADDRINUSE) return failed(path, "another program has just put a socket there");
  return failed(path, std::generic_category().message(error));
}

Fd unix_socket() { return Fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)); }

// The socket of a server that has ended refuses; whatever else comes back, somebody has it.
bool is_deserted(const UnixAddress& address) {
  const Fd probe = unix_socket();
  return probe && ::connect(probe.get(), address.data(), address.size) != 0 && errno == ECONNREFUSED;
}

Status make_way(const std::string& path, const UnixAddress& address, PortUse use) {
  struct stat found{};
  if (::lstat(path.c_str(), &found) != 0) return errno == ENOENT ? ok() : Status(failed(path, errno));
  if (!S_ISSOCK(found.st_mode)) return failed(path, "something that is no socket stands there; move it away, or name another path");
  if (use == PortUse::alone && !is_deserted(address)) {
    return operator_error("port_taken", "another program already listens on unix:" + path + ": stop it, or listen on another path");
  }
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return failed(path, errno);
  return ok();
}

}  // namespace

Result<SocketFile> SocketFile::own(std::string path) {
  Fd pinned(::open(path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  struct stat found{};
  if (!pinned || ::fstat(pinned.get(), &found) != 0) return failed(path, errno);
  SocketFile file(std::move(path), std::move(pinned));
  if ((found.st_mode & 0777U & ~owner_only) != 0) return failed(file.path_, "the file system lets others connect");
  return file;
}

SocketFile::~SocketFile() {
  struct stat ours{}, there{};
  if (!pinned_ || ::fstat(pinned_.get(), &ours) != 0 || ::lstat(path_.c_str(), &there) != 0) return;
  if (ours.st_dev == there.st_dev && ours.st_ino == there.st_ino) ::unlink(path_.c_str());
}

Result<UnixListener> listen_at(const std::string& path, int backlog, PortUse use) {
  GH_TRY(const UnixAddress address, unix_address(path));
  GH_CHECK(make_way(path, address, use));
  Fd socket = unix_socket();
  // Linux gives the file the mode that the socket has. A umask would be everybody's in this process, a chmod behind it too late.
  if (!socket || ::fchmod(socket.get(), owner_only) != 0 || ::bind(socket.get(), address.data(), address.size) != 0) {
    return failed(path, errno);
  }
  GH_TRY(SocketFile file, SocketFile::own(path));
  if (::listen(socket.get(), backlog) != 0) return failed(path, errno);
  return UnixListener(std::move(socket), std::move(file));
}

}  // namespace gatehouse::net
