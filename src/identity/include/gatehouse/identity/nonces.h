// identity/nonces.h — signed requests are taken once: what has been is kept by the store, and refused again after a restart, too.
// Units    at most `most` are kept at once, of all keys together: some ten minutes of 1,500 signed requests a second
// Threads  any reactor
// Errors   digest_mismatch, signature_replayed → unauthenticated, origin caller; server_is_overloaded; those of the store
#pragma once
#include <string_view>

#include "gatehouse/identity/principal.h"
#include "gatehouse/store/ports.h"

namespace gatehouse::identity {

class Nonces {
 public:
  static constexpr std::size_t most = 1'000'000;

  explicit Nonces(store::NonceStore& store) : store_(store) {}

  // Whoever asks may act with that body: nothing that is signed does so twice. Others pass.
  Task<Status> redeem(Reactor& reactor, const Principal& who, std::string_view body) const;

 private:
  store::NonceStore& store_;
};

}  // namespace gatehouse::identity
