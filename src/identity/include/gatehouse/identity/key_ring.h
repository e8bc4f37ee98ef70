// identity/key_ring.h — our signing keys: listed, rotated with an overlap, and gone when that is over.
// Rules    one key signs; each before it verifies until it retires, and tokens that it signed are refused from then on. Without a word
//          about the overlap it is as long as the longest lifetime that logins and tenants' tokens have
// Threads  any reactor; keys are made on a thread of its own, because RSA takes long
// Errors   overlap_invalid → invalid_argument, origin caller; too_many_signing_keys → conflict; server_is_overloaded; those of the store
#pragma once
#include <memory>
#include <optional>
#include <vector>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/random.h"
#include "gatehouse/base/result.h"
#include "gatehouse/base/secret.h"
#include "gatehouse/identity/registry.h"
#include "gatehouse/identity/signing_keys.h"
#include "gatehouse/runtime/worker_pool.h"
#include "gatehouse/wire/jose/algorithm.h"

namespace gatehouse::identity {

struct RotationWish {
  RotationWish() = default;
  std::optional<wire::JwsAlgorithm> algorithm;  // nothing: that of the key that signs now
  std::optional<Secret<std::string>> secret;    // of HS256; nothing: a new one
  std::optional<seconds> overlap;               // nothing: as long as tokens live
};

struct Rotation {
  Rotation(store::SigningKey made_, seconds overlap_, seconds longest_) : made(std::move(made_)), overlap(overlap_), longest(longest_) {}
  store::SigningKey made;
  seconds overlap;
  seconds longest;  // that tokens live here; those that live on when the overlap is over are refused
};

class KeyRing {
 public:
  static constexpr std::size_t most_keys = 32;

  // login_lifetime: of the tokens that a login gives.
  KeyRing(Registry& registry, Sealer sealer, RandomSource& random, const Clock& clock, seconds login_lifetime)
      : registry_(registry), sealer_(std::move(sealer)), random_(random), clock_(clock), login_lifetime_(login_lifetime) {}

  // Those that have not retired, oldest first; the last signs.
  Task<Result<std::vector<store::SigningKey>>> list(Reactor& reactor) const;
  Task<Result<Rotation>> rotate(Reactor& reactor, RotationWish wish) const;
  // Rotates where the key that signs is of another algorithm, or has another secret than the one that is given; else nothing.
  Task<Result<std::optional<Rotation>>> follow(Reactor& reactor, NewSigningKey wanted) const;
  // To be called now and then: what has retired meanwhile verifies nothing any more.
  Task<Status> tidy(Reactor& reactor) const;

 private:
  store::Moment now() const { return std::chrono::floor<seconds>(clock_.wall()); }
  Task<Result<seconds>> longest_lifetime(Reactor& reactor) const;
  Task<Result<store::SigningKey>> make(Reactor& reactor, NewSigningKey wanted) const;

  Registry& registry_;
  const Sealer sealer_;
  RandomSource& random_;
  const Clock& clock_;
  const seconds login_lifetime_;
  mutable WorkerPool makers_{"signing keys", 1, 4};
};

}  // namespace gatehouse::identity
