// gateway/answer_cache.h — answers that are told to whoever of their tenant asks the same again, and who makes one while others wait.
// Life     a request has a Turn until it is answered: it is told, waits, or makes the answer. Who makes it and comes to none hands that to
//          the first who waits
// Threads  any; what is shared is locked for as long as it is looked at. A Turn has one owner. The cache lives longer
#pragma once
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "answer_shelves.h"

namespace gatehouse::gateway {

enum class Asking : std::uint8_t {
  usual,
  anew,  // what is kept will not do, and is replaced
};

class AnswerCache {
 public:
  class Turn;
  AnswerCache(std::size_t room, nanoseconds ttl);
  ~AnswerCache();
  AnswerCache(const AnswerCache&) = delete;
  AnswerCache& operator=(const AnswerCache&) = delete;

  // What is being made meanwhile is told to those who wait for it, and not kept.
  void forget_model(std::uint32_t model);
  void forget_tenants(const AnswerShelves::IsThere& is_there);

  struct Count {
    std::size_t answers = 0, bytes = 0, being_made = 0;
    std::uint64_t too_old = 0, crowded_out = 0;
  };
  Count count() const;

 private:
  struct Flight;
  using Flights = std::unordered_map<AnswerKey, std::shared_ptr<Flight>, HashOfAnswerKey>;
  void leave_alone(Flights::iterator flight);
  void over(const Flight& flight);

  mutable std::mutex mutex_;
  AnswerShelves shelves_;
  Flights flights_;
};

// What one request is to do for its answer.
class AnswerCache::Turn {
 public:
  enum class Stand : std::uint8_t {
    told,   // there it is
    makes,  // it, for others too
    waits,  // for who does
    alone,  // makes it for itself
  };
  // wake: called once it waits no more, on the thread of whoever has seen to that, and without a lock. It may come when the turn is over.
  // tenant: the name of the key's.
  Turn(AnswerCache& cache, const AnswerKey& key, const TenantId& tenant, Asking asking, Instant now, std::function<void()> wake);
  ~Turn();
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

  Stand stand() const;
  // Of who is told.
  AnswerPtr answer() const;
  // Of who makes it: here it is. Nothing more is to be done then.
  void keep(KeptAnswer answer, Instant now);
  // There is one, and it cannot be told to others: each makes its own.
  void keep_nothing();

 private:
  using Wakes = std::vector<std::function<void()>>;
  void end_flight(Stand others, const AnswerPtr& answer, Wakes& wakes);

  AnswerCache& cache_;
  const std::function<void()> wake_;
  // Under the cache's mutex:
  Stand stand_ = Stand::alone;
  AnswerPtr answer_;
  std::shared_ptr<Flight> flight_;  // that it waits for or makes; null: none
};

}  // namespace gatehouse::gateway
