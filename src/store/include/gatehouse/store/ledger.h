// store/ledger.h — the port that calls which are over are settled behind.
// Threads  any reactor; the answer comes back on it
// Errors   store faults as store/ports.h
#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "gatehouse/base/result.h"
#include "gatehouse/runtime/reactor.h"
#include "gatehouse/store/records.h"

namespace gatehouse::store {

// Where calls that are over are settled. What a tenant or a budget used that is gone meanwhile goes with it.
class LedgerStore {
 public:
  virtual ~LedgerStore() = default;
  // All of it at once, onto what stands there, or nothing. A batch that this writer has settled already changes nothing. An idempotent
  // call that is in flight then was charged without an answer.
  virtual Task<Status> settle(Reactor& reactor, LedgerBatch batch) = 0;
  // The last batch of each writer that is settled.
  virtual Task<Result<std::vector<std::pair<std::string, std::int64_t>>>> settled(Reactor& reactor) = 0;
};

}  // namespace gatehouse::store
