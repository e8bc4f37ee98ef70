// gateway/cache_desk.h — which requests for text may be answered from memory, and the wait for an answer that is being made.
// Rules    an answer is for its tenant alone, and for a request that is equal in all that an answer depends on: the model, everything that
//          its engine is sent, the dialect, whether it is a stream, what its role and this installation let it ask for. Only what is drawn
//          without chance (temperature 0) comes out alike each time
// Threads  any reactor
#pragma once
#include <atomic>
#include <memory>
#include <optional>
#include <string_view>

#include "answer_cache.h"
#include "dispatcher.h"
#include "gatehouse/gateway/cache_rules.h"
#include "gatehouse/identity/house.h"
#include "gatehouse/runtime/signal.h"
#include "gatehouse/telemetry/metrics.h"
#include "pipeline.h"

namespace gatehouse::gateway {

// What stands in x-gatehouse-cache.
inline constexpr std::string_view cache_hit = "hit", cache_miss = "miss", cache_refresh = "refresh", cache_bypass = "bypass";

// A request that the cache may have an answer for.
struct CacheQuestion {
  AnswerKey key;
  Asking asking = Asking::usual;
};

class CacheDesk {
 public:
  CacheDesk(const CacheRules& rules, const identity::House& house, telemetry::Metrics& metrics);

  bool on() const { return on_; }
  // Nothing: it is made, whatever was answered before, and told to nobody else.
  std::optional<CacheQuestion> question_of(const Permitted& permitted);

  // A request at the cache, until it is answered.
  class Visit {
   public:
    Visit(CacheDesk& desk, const Permitted& permitted, const CacheQuestion& question);
    // Until it is told or makes the answer itself. client_gone, those of TimeLimit
    Task<Status> wait(const Ending& ending);
    // Null: it makes one.
    AnswerPtr told() const { return turn_.answer(); }
    // It has made what it could; dry: its budget ended that.
    void end(const Outcome& outcome, const Recording& recording, bool dry);

   private:
    CacheDesk& desk_;
    const Permitted& permitted_;
    Reactor& reactor_;
    const std::shared_ptr<Signal> woken_;
    AnswerCache::Turn turn_;
    bool has_waited_ = false;
  };

  void forget_model(std::uint32_t model) { answers_.forget_model(model); }
  // Of tenants that there are no more.
  void review(const identity::Directory& directory);

 private:
  void watch(telemetry::Metrics& metrics);

  const bool on_;
  const identity::KeyHasher hasher_;
  AnswerCache answers_;
  telemetry::Counter &hits_, &shared_, &misses_;
};

}  // namespace gatehouse::gateway
