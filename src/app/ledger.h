// app/ledger.h — how what calls have taken comes into the store, once each: from the journal of an earlier process, and batch by batch
// from this one.
// Rules    a batch is stamped on its calls before it is written, so that a process which is ended in between does not write it twice
// Threads  open() blocks; a writer belongs to its reactor
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "gatehouse/gateway/gateway.h"
#include "gatehouse/gateway/ledger_book.h"
#include "gatehouse/limits/inflight.h"
#include "gatehouse/runtime/reactor.h"
#include "gatehouse/store/ports.h"

namespace gatehouse::app {

// Settles what is left in it, and leaves it empty. The number of settled calls.
Task<Result<std::size_t>> settle_what_was_left(Reactor& reactor, store::Store& store, limits::Inflight& journal);

// What counts today and in the budgets' periods.
Task<Result<gateway::SpentBefore>> spent_before(Reactor& reactor, store::Store& store, WallTime now);

// Of one reactor.
class LedgerWriter {
 public:
  // last: the number of the batch that it settled last.
  LedgerWriter(store::Store& store, gateway::LedgerBook& book, limits::Inflight::Part& journal, std::uint32_t number, std::int64_t last);

  // The last batch of the writer of that reactor.
  static Task<Result<std::int64_t>> last_of(Reactor& reactor, store::Store& store, std::uint32_t number);

  // All that is over by now is in the store when it returns well; else it is tried again with the next call.
  Task<Status> write(Reactor& reactor);

 private:
  Task<Status> write_batch(Reactor& reactor);

  store::Store& store_;
  gateway::LedgerBook& book_;
  limits::Inflight::Part& journal_;
  const std::uint32_t number_;
  std::int64_t last_;
  std::optional<gateway::LedgerBook::Taken> taken_;  // of the batch that is being written
};

}  // namespace gatehouse::app
