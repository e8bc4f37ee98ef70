// app/audit_scribe.h — writes down what one reactor has decided: records as soon as they come, what is counted once its minute is over.
// Rules    what comes while a batch becomes durable is the next batch. What cannot be written is kept and tried again every second
// Threads  its reactor; write_down() from another
#pragma once
#include <memory>

#include "gatehouse/gateway/audit_book.h"
#include "gatehouse/identity/audit_desk.h"
#include "gatehouse/runtime/reactor.h"
#include "gatehouse/runtime/signal.h"

namespace gatehouse::app {

class AuditScribe {
 public:
  AuditScribe(Reactor& reactor, const identity::AuditDesk& desk, gateway::AuditBook& book);

  // Before the reactor runs.
  void begin();
  // Returns on `from` when all that was decided by now is on record, or cannot be brought there.
  Task<void> write_down(Reactor& from);

 private:
  void start();
  Task<void> write();
  Task<void> write_contents();
  Task<void> write_all_then(Reactor& from, std::shared_ptr<Signal> done);

  Reactor& reactor_;
  const identity::AuditDesk& desk_;
  gateway::AuditBook& book_;
  Deadline due_;
  bool writing_ = false;
  Signal written_;
};

}  // namespace gatehouse::app
