// app/forgetter.h — forgets every hour what can match nothing any more, revocations above all, and sessions and tickets that have expired:
// what is revoked on a server that runs for long would otherwise stay in memory, and be looked through, until the next start.
// Threads  its reactor
#pragma once
#include "gatehouse/identity/registry.h"
#include "gatehouse/runtime/reactor.h"

namespace gatehouse::app {

class Forgetter {
 public:
  static constexpr seconds interval{60 * 60};

  Forgetter(Reactor& reactor, identity::Registry& registry);
  // On its reactor, or before that runs.
  void begin() { due_.arm_in(interval); }

 private:
  Task<void> forget();

  Reactor& reactor_;
  identity::Registry& registry_;
  Deadline due_;
};

// Says in the log when it failed, which hinders nothing.
void note_forgotten(const Status& forgotten);

}  // namespace gatehouse::app
