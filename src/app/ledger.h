// app/ledger.h — how what calls have taken comes into the store, once each: from the journal of an earlier process, and batch by batch
// from this one.
// Rules    a batch is stamped on its calls, and the stamps are synced, before it is written: neither a process nor a machine that is ended
//          in between writes it twice
// Threads  a writer belongs to its reactor; what blocks is done by the pool. settle_what_was_left() blocks, before there are any
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gatehouse/gateway/gateway.h"
#include "gatehouse/gateway/ledger_book.h"
#include "gatehouse/limits/inflight.h"
#include "gatehouse/runtime/reactor.h"
#include "gatehouse/runtime/worker_pool.h"
#include "gatehouse/store/ports.h"

namespace gatehouse::app {

// Settles what is left in it, and leaves it empty. The number of settled calls.
Task<Result<std::size_t>> settle_what_was_left(Reactor& reactor, store::LedgerStore& store, limits::Inflight& journal);

// What counts today and in the budgets' periods.
Task<Result<gateway::SpentBefore>> spent_before(Reactor& reactor, store::Store& store, WallTime now);

struct LedgerParts {
  store::LedgerStore& store;
  gateway::LedgerBook& book;  // of the reactor
  limits::Inflight& journal;
  WorkerPool& syncs;
  std::uint32_t number;  // of the reactor
};

// Of one reactor.
class LedgerWriter {
 public:
  // last: the number of the batch that it settled last.
  LedgerWriter(const LedgerParts& parts, std::int64_t last);

  // The last batch of the writer of that reactor.
  static Task<Result<std::int64_t>> last_of(Reactor& reactor, store::LedgerStore& store, std::uint32_t number);

  // All that is over by now is in the store when it returns well; else it is tried again with the next call.
  Task<Status> write(Reactor& reactor);

 private:
  Task<Status> write_batch(Reactor& reactor);
  Task<Status> sync(Reactor& reactor);

  store::LedgerStore& store_;
  gateway::LedgerBook& book_;
  limits::Inflight& journal_;
  limits::Inflight::Part& part_;
  WorkerPool& syncs_;
  const std::uint32_t number_;
  std::int64_t last_;
  std::optional<gateway::LedgerBook::Taken> taken_;  // of the batch that is being written
  std::vector<std::uint32_t> slots_;                 // which that frees
};

}  // namespace gatehouse::app
