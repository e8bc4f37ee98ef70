#include "peer.h"

#include <sys/socket.h>
#include <unistd.h>

namespace gatehouse::net {

bool may_talk(uid_t peer, uid_t own) { return peer == own || peer == 0; }

bool peer_may_talk(const Fd& socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  return getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && may_talk(peer.uid, geteuid());
}

}  // namespace gatehouse::net
