// net/listen_unix.h — a Unix socket that listens, and its file.
// Rules    The file is the owner's alone from its first moment, whatever the umask. That of a server that is gone makes way, that of one
//          that answers does not, unless the port may be shared; anything but a socket stays. Two servers that start on one path in
//          the same moment are not told apart: who needs that takes a lock first, as data folders have one.
// Errors   port_taken, bad_socket_path, listen_failed (operator)
#pragma once
#include <string>
#include <utility>

#include "gatehouse/base/fd.h"
#include "gatehouse/base/result.h"
#include "gatehouse/net/server.h"

namespace gatehouse::net {

// The file of a socket that listens; goes with this, unless another server has put its own in the place.
class SocketFile {
 public:
  // The socket at the path, which must have been bound by this process.
  static Result<SocketFile> own(std::string path);
  SocketFile(SocketFile&&) noexcept = default;
  SocketFile& operator=(SocketFile&&) = delete;
  ~SocketFile();

 private:
  SocketFile(std::string path, Fd pinned) : path_(std::move(path)), pinned_(std::move(pinned)) {}
  std::string path_;
  Fd pinned_;  // while it is open, no other file can have the same inode
};

struct UnixListener {
  UnixListener(Fd socket_, SocketFile file_) : socket(std::move(socket_)), file(std::move(file_)) {}
  Fd socket;
  SocketFile file;
};
Result<UnixListener> listen_at(const std::string& path, int backlog, PortUse use);

}  // namespace gatehouse::net
