// net/server_state.h — what all shards of one server share.
// Threads  any; all but draining is fixed before the first connection
#pragma once
#include <atomic>
#include <memory>
#include <utility>

#include "body_room.h"
#include "caps.h"
#include "gatehouse/net/server.h"

namespace gatehouse::net {

struct ServerState {
  ServerState(ServerLimits limits_, Handler& handler_)
      : limits(std::move(limits_)),
        handler(handler_),
        caps(std::make_shared<ConnectionCaps>(limits.connections, limits.connections_per_address)),
        bodies(std::make_shared<BodyRooms>(limits.bodies)) {}
  const ServerLimits limits;
  Handler& handler;
  const std::shared_ptr<ConnectionCaps> caps;
  const std::shared_ptr<BodyRooms> bodies;
  std::atomic<bool> draining{false};
};

}  // namespace gatehouse::net
