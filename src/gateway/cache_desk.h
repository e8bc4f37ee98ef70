// gateway/cache_desk.h — which requests of a model may be answered from memory, and the wait for an answer that is being made.
// Rules    an answer is for its tenant alone, and for a request that is equal in all that an answer depends on: the model, everything that
//          its engine is sent, the dialect, whether it is a stream, what its role and this installation let it ask for; about a text, the
//          names that its tenant knows. Only what is drawn without chance (temperature 0) comes out alike each time
// Threads  any reactor
#pragma once
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "answer_cache.h"
#include "dispatcher.h"
#include "egress.h"
#include "gatehouse/gateway/cache_rules.h"
#include "gatehouse/identity/house.h"
#include "gatehouse/runtime/signal.h"
#include "gatehouse/telemetry/metrics.h"
#include "pipeline.h"
#include "tensor_pipeline.h"

namespace gatehouse::gateway {

// What stands in x-gatehouse-cache.
inline constexpr std::string_view cache_hit = "hit", cache_miss = "miss", cache_refresh = "refresh", cache_bypass = "bypass";
// What the log says of an answer from the cache.
inline constexpr std::string_view finish_cached = "cached";

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
  // The same of what is asked about a text. asked: all that an answer depends on beside its tenant and its model.
  std::optional<CacheQuestion> question_about(const TensorPermitted& permitted, std::string_view asked);

  // A request at the cache, until it is answered.
  class Visit {
   public:
    Visit(CacheDesk& desk, const Identified& identified, Running::Seat& seat, const CacheQuestion& question);
    // Until it is told or makes the answer itself. client_gone, those of TimeLimit
    Task<Status> wait(const Ending& ending);
    // Null: it makes one.
    AnswerPtr told() const { return turn_.answer(); }
    // It has made what it could; dry: its budget ended that.
    void end(const Outcome& outcome, const Recording& recording, bool dry);
    // It has made it, whole.
    void keep(KeptAnswer answer);

   private:
    CacheDesk& desk_;
    const Identified& identified_;
    Running::Seat& seat_;
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
  std::optional<CacheQuestion> ask(const Identified& identified, const ServedModel& model, engine::Life life);

  const bool on_;
  const identity::KeyHasher hasher_;
  AnswerCache answers_;
  telemetry::Counter &hits_, &shared_, &misses_;
};

// What was answered before takes a call of limits, and its price: settled now, and said beside the answer. Returns what it costs; nothing
// where the model has no price.
std::optional<std::string> settle_repeat(Egress& egress, Tab& tab);

}  // namespace gatehouse::gateway
