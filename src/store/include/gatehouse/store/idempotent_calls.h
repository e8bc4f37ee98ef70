// store/idempotent_calls.h — the port that calls which are made once, and their answers, are kept behind.
// Threads  any reactor; the answer comes back on it
// Errors   tenant_not_found; too_many_idempotent_calls (caller); store faults as store/ports.h
#pragma once
#include <cstddef>
#include <optional>
#include <string>

#include "gatehouse/base/result.h"
#include "gatehouse/runtime/reactor.h"
#include "gatehouse/store/records.h"

namespace gatehouse::store {

// How much of answers is kept, in bytes as sealed: of one tenant, and of all.
struct AnswerRoom {
  AnswerRoom(std::size_t of_tenant_, std::size_t of_all_) : of_tenant(of_tenant_), of_all(of_all_) {}
  std::size_t of_tenant, of_all;
};

class IdempotentCallStore {
 public:
  virtual ~IdempotentCallStore() = default;
  // From now on it is in flight; nothing: it is the first. Else the one of that id that has not expired by now, as it stands. A few that
  // have expired make room. tenant_not_found; too_many_idempotent_calls: `most` of the tenant are kept
  virtual Task<Result<std::optional<IdempotentCall>>> begin(Reactor& reactor, IdempotentCall call, Moment now, std::size_t most) = 0;
  // Begins nothing; nothing: there is none.
  virtual Task<Result<std::optional<IdempotentCall>>> find(Reactor& reactor, Digest id, Moment now) = 0;
  // Only of one that is in flight, like the next two. Where there is no room for the answer it is unkept.
  virtual Task<Status> answer(Reactor& reactor, Digest id, std::string sealed_answer, AnswerRoom room) = 0;
  // unkept or broken_off
  virtual Task<Status> end(Reactor& reactor, Digest id, CallState state) = 0;
  // It is as if it had never been.
  virtual Task<Status> take_back(Reactor& reactor, Digest id) = 0;
  // All that are in flight. How many there were.
  virtual Task<Result<std::size_t>> take_back_all(Reactor& reactor) = 0;
  // Those that expired by now.
  virtual Task<Status> drop_expired(Reactor& reactor, Moment now) = 0;
};

}  // namespace gatehouse::store
