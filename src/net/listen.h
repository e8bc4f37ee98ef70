// net/listen.h — sockets that listen.
// Errors   port_taken, bad_listen_address, listen_failed (operator)
#pragma once
#include <vector>

#include "gatehouse/base/fd.h"
#include "gatehouse/base/result.h"
#include "gatehouse/net/server.h"

namespace gatehouse::net {

// One socket a reactor, all on the endpoint's port; a port of 0 is replaced by the one that was chosen.
Result<std::vector<Fd>> listen_on(Endpoint& endpoint, std::size_t sockets, int backlog, PortUse use);

}  // namespace gatehouse::net
