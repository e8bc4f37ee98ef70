// app/scribe.h — writes down behind the requests what one reactor counts: uses of keys, and what calls have taken.
// Rules    once a second, and once more at the end. What cannot be written is kept and tried again
// Threads  its reactor; write_down() from another
#pragma once
#include <memory>
#include <vector>

#include "gatehouse/identity/authenticator.h"
#include "gatehouse/runtime/reactor.h"
#include "gatehouse/runtime/signal.h"
#include "gatehouse/store/ports.h"
#include "ledger.h"

namespace gatehouse::app {

class Scribe {
 public:
  Scribe(Reactor& reactor, store::Store& store, identity::Authenticator& authenticator, LedgerWriter ledger);

  // Before the reactor runs.
  void begin();
  // Many calls are over: they are not kept for a second.
  void hurry();
  // Returns on `from` when all that was counted by now is in the store, or cannot be brought there.
  Task<void> write_down(Reactor& from);

 private:
  Task<void> write();
  Task<void> write_uses();
  Task<void> write_then(Reactor& from, std::shared_ptr<Signal> done);

  Reactor& reactor_;
  store::Store& store_;
  identity::Authenticator& authenticator_;
  LedgerWriter ledger_;
  Deadline due_;
  std::vector<store::KeyUse> uses_;  // that could not be written yet
  Instant uses_due_ = Instant::min();
  bool writing_ = false, hurried_ = false;
  Signal written_;
};

}  // namespace gatehouse::app
