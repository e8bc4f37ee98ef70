// identity/nonces.h — signed requests are taken once: what has been is kept by the store, and refused again after a restart, too.
// Rules    one key has at most a share of what is kept, so that no key's requests keep another's out. What has expired is forgotten as
//          time_passed.h says: a wall clock that is set ahead and back forgets nothing that may come again.
//          The nonce is taken before rates are looked at: what somebody on the way sends again takes nothing from whoever signed it
// Units    at most `most` are kept at once, of all keys together: some ten minutes of 1,500 signed requests a second, and of 600 while the
//          time that has passed is not known yet, in the first quarter of an hour
// Threads  any reactor
// Errors   digest_mismatch, signature_replayed → unauthenticated; too_many_signed → rate_limited; origin caller; server_is_overloaded;
//          those of the store
#pragma once
#include <mutex>
#include <string_view>
#include <unordered_map>

#include "gatehouse/base/clock.h"
#include "gatehouse/identity/principal.h"
#include "gatehouse/identity/registry.h"

namespace gatehouse::identity {

// How many each key had taken, in this stretch of time and the one before it.
class NonceShares {
 public:
  // As long as a nonce is kept at most.
  static constexpr seconds stretch{11 * 60};

  explicit NonceShares(std::size_t most) : most_(most) {}
  // One more of that key; false: it has its share. Any thread.
  bool take(const KeyId& key, Instant now);
  // The last one was none: it had been taken before. Whoever sends again what somebody else has signed must not use up their share.
  void give_back(const KeyId& key);

 private:
  const std::size_t most_;
  std::mutex mutex_;
  std::int64_t current_ = 0;  // the stretch that is counted
  std::unordered_map<KeyId, std::size_t> taken_, before_;
};

class Nonces {
 public:
  static constexpr std::size_t most = 1'000'000, most_of_a_key = most / 4;

  Nonces(Registry& registry, const Clock& clock) : registry_(registry), clock_(clock) {}

  // Whoever asks may act with that body: nothing that is signed does so twice. Others pass.
  Task<Status> redeem(Reactor& reactor, const Principal& who, std::string_view body) const;

 private:
  Registry& registry_;
  const Clock& clock_;
  mutable NonceShares shares_{most_of_a_key};
};

}  // namespace gatehouse::identity
