// net/unix_address.h — the path of a Unix socket as the kernel takes it.
// Errors   bad_socket_path (operator): empty, longer than the kernel has room for, or with a zero byte
#pragma once
#include <sys/socket.h>
#include <sys/un.h>

#include <string>

#include "gatehouse/base/result.h"

namespace gatehouse::net {

struct UnixAddress {
  const sockaddr* data() const { return reinterpret_cast<const sockaddr*>(&name); }
  sockaddr_un name{};
  socklen_t size = 0;
};

Result<UnixAddress> unix_address(const std::string& path);

}  // namespace gatehouse::net
