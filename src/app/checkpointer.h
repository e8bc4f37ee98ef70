// app/checkpointer.h — every minute, and at the end, says in DATA/audit.checkpoints how far each chain of the audit trail has come.
// Rules    a chain that stands where it stood is not said again, but for the beginning of a new file, which has those of other instances,
//          too. The store is told how far the file has come, once it has
// Threads  the control reactor; the file is written by the worker of files
#pragma once
#include <map>
#include <vector>

#include "checkpoint_file.h"
#include "gatehouse/identity/audit_desk.h"
#include "gatehouse/runtime/reactor.h"
#include "gatehouse/runtime/signal.h"
#include "gatehouse/runtime/worker_pool.h"

namespace gatehouse::app {

class Checkpointer {
 public:
  Checkpointer(Reactor& reactor, WorkerPool& files, const identity::AuditDesk& desk, CheckpointFile file);

  void begin() { due_.arm_in(interval); }
  // Now. What goes wrong is logged, and tried again with the next.
  Task<void> write();

 private:
  static constexpr seconds interval{60};
  // Those that are to be said. anew: in a new file.
  std::vector<telemetry::AuditHead> news_of(std::vector<telemetry::AuditHead> heads, bool anew) const;
  Task<Result<std::vector<telemetry::AuditHead>>> heads_for(bool anew) const;
  Task<Status> write_news();
  // Tells the store how far the file has come, unless it knows: where that failed, the next try does, though there is nothing new.
  Task<Status> mark();
  Task<void> write_and_wait();

  Reactor& reactor_;
  WorkerPool& files_;
  const identity::AuditDesk& desk_;
  CheckpointFile file_;
  std::map<telemetry::AuditChain, std::uint64_t> said_;
  bool marked_ = true;
  Deadline due_;
  bool writing_ = false;
  Signal written_;
};

}  // namespace gatehouse::app
