// app/forgetter.h — forgets every quarter of an hour what can match nothing any more, revocations above all, sessions, tickets and nonces
// that have expired, and what was asked of models longer ago than that is kept:
// what is revoked on a server that runs for long would otherwise stay in memory, and be looked through.
// Rules    what was asked goes at the start, too: a server that never runs for long would keep it for good. What has expired does not: by
//          then nobody knows whether the clock is right (identity/time_passed.h)
// Threads  its reactor
#pragma once
#include "gatehouse/identity/audit_desk.h"
#include "gatehouse/identity/registry.h"
#include "gatehouse/runtime/reactor.h"

namespace gatehouse::app {

class Forgetter {
 public:
  static constexpr seconds interval = identity::TimePassed::patience;

  // contents_kept: how long what was asked is kept.
  Forgetter(Reactor& reactor, identity::Registry& registry, const identity::AuditDesk& audit, seconds contents_kept);
  // On its reactor, or before that runs.
  void begin();

 private:
  Task<Status> forget_contents();
  Task<void> begin_forgetting();
  Task<void> forget();

  Reactor& reactor_;
  identity::Registry& registry_;
  const identity::AuditDesk& audit_;
  const seconds contents_kept_;
  Deadline due_;
};

// Says in the log when it failed, which hinders nothing.
void note_forgotten(const Status& forgotten);

}  // namespace gatehouse::app
