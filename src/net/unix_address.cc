#include "unix_address.h"

#include <algorithm>
#include <cstddef>

namespace gatehouse::net {

Result<UnixAddress> unix_address(const std::string& path) {
  UnixAddress address;
  constexpr std::size_t most = sizeof address.name.sun_path - 1;
  if (path.empty() || path.find('\0') != std::string::npos)
    return operator_error("bad_socket_path", "the path of a Unix socket is no path");
  if (path.size() > most) {
    return operator_error("bad_socket_path", "the path of the Unix socket '" + path + "' has " + std::to_string(path.size()) +
                                                 " bytes, and the kernel takes " + std::to_string(most) +
                                                 ": use a folder with a shorter name");
  }
  address.name.sun_family = AF_UNIX;
  std::ranges::copy(path, address.name.sun_path);
  address.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
  return address;
}

}  // namespace gatehouse::net
