// net/peer.h — which user's process stands at the far end of a Unix socket.
// Threads  any
#pragma once
#include <sys/types.h>

#include "gatehouse/base/fd.h"

namespace gatehouse::net {

// Those of the user that we run as, and root, who could be anybody.
bool may_talk(uid_t peer, uid_t own);
// The kernel says who connected; false where it cannot.
bool peer_may_talk(const Fd& socket);

}  // namespace gatehouse::net
