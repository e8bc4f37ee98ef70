// gateway/idempotency.h — calls of models that are made once for all requests with the same Idempotency-Key.
// Life     a call is in flight from when it is begun, which is durable before anything is computed; then answered, or broken off where what
//          it cost was settled without an answer. What was refused before it cost anything is taken back, and may be asked again
// Rules    a key is its credential's and its route's own. Nothing of it is kept but a keyed hash, of the body as well; the answer is sealed
// Threads  any reactor
// Errors   idempotency_key_in_flight, idempotent_call_broken_off, idempotent_answer_not_kept → conflict; idempotency_key_reused →
//          unprocessable; all of them origin caller. server_is_overloaded, and those of the store
#pragma once
#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "dispatcher.h"
#include "gatehouse/identity/house.h"
#include "gatehouse/store/ports.h"
#include "gatehouse/telemetry/metrics.h"
#include "kept_answer.h"

namespace gatehouse::gateway {

// Such a request, as it is known.
struct OnceRequest {
  store::Digest call;  // of who asks, where and under which key,
  store::Digest body;  // and of what is asked
  std::uint32_t tenant_number = 0;
};

enum class Looking : std::uint8_t {
  begins,  // the call, where it is the first
  only,    // it may not be made now
};

class Idempotency {
 public:
  static constexpr std::chrono::hours kept{24};

  Idempotency(const identity::House& house, RandomSource& random, telemetry::Metrics& metrics);

  // key: what idempotency_key() gave.
  OnceRequest name(const Identified& identified, std::string_view key, std::string_view body) const;
  // How the call stands; nothing: nobody has asked for it before. The errors say why there is no answer.
  Task<Result<std::optional<KeptAnswer>>> look(Reactor& reactor, const OnceRequest& request, Looking looking);
  // It is over, and what has come of it is durable, as far as the store can. recorded: what was said.
  Task<void> end(Reactor& reactor, const OnceRequest& request, const Outcome& outcome, const Recording& recorded);
  // Something of ours broke: whether it cost anything is not known.
  Task<void> break_off(Reactor& reactor, const OnceRequest& request);

 private:
  using Looked = Result<std::optional<KeptAnswer>>;
  Looked answer_of(const store::IdempotentCall& earlier, const OnceRequest& request) const;
  Task<void> take_back(Reactor& reactor, const store::Digest& call);
  Task<void> try_again(Reactor& reactor);
  void count(const Looked& looked) const;

  store::IdempotentCallStore& calls_;
  const identity::KeyHasher hasher_;
  const identity::Sealer sealer_;
  RandomSource& random_;
  telemetry::Counter &first_, &replayed_, &refused_;
  std::mutex mutex_;
  std::vector<store::Digest> owed_;  // to be taken back, once the store is there again; under the mutex
  std::atomic<bool> owes_{false};
};

}  // namespace gatehouse::gateway
