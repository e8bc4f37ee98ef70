// net/listen.h — TCP sockets that listen, and what a reactor has of all that do.
// Errors   port_taken, bad_listen_address, listen_failed (operator)
#pragma once
#include <vector>

#include "gatehouse/base/fd.h"
#include "gatehouse/base/result.h"
#include "gatehouse/net/server.h"
#include "listen_unix.h"

namespace gatehouse::net {

// What one reactor listens on. A Unix socket is there once, shared by all; its file is with the first of them.
struct Bound {
  std::vector<Fd> sockets;
  std::vector<SocketFile> files;
};

// One socket a reactor, all on the endpoint's port; a port of 0 is replaced by the one that was chosen.
Result<std::vector<Fd>> listen_on(Endpoint& endpoint, std::size_t sockets, int backlog, PortUse use);

}  // namespace gatehouse::net
