// identity/sealing.h — small secrets that are kept beside other data, so that only this data folder's master key opens them.
// Layout   0x01 | 24 random bytes | XChaCha20-Poly1305 of the secret, with 0x01, the length of `what` as a byte, `what` and `id` as
//          associated data: what was sealed for one record does not open in another's place
// Threads  value type; any thread
// Errors   seal_broken (damaged, of another record, of another master key, of a newer Gatehouse; the detail says which where that can be
//          told), sealing_failed → internal
// Source   draft-irtf-cfrg-xchacha-03, libsodium's implementation: its nonces are long enough to be drawn
#pragma once
#include <string>
#include <string_view>

#include "gatehouse/base/random.h"
#include "gatehouse/base/result.h"
#include "gatehouse/base/secret.h"

namespace gatehouse::identity {

// Where a sealed secret stands. What it is, at most 255 bytes, is part of the data format: never change one.
struct SealedPlace {
  static constexpr std::string_view signing_key = "signing key", signing_secret = "signing secret", kept_answer = "kept answer";
  SealedPlace(std::string_view what_, std::string_view id_) : what(what_), id(id_) {}
  std::string_view what, id;
};

class Sealer {
 public:
  // key: what MasterKey::derive(label) gave.
  static constexpr std::string_view label = "gatehouse sealed secrets 1";
  static Result<Sealer> make(Secret<std::string> key);

  std::string seal(const Secret<std::string>& secret, const SealedPlace& place, RandomSource& random) const;
  Result<Secret<std::string>> open(std::string_view sealed, const SealedPlace& place) const;

 private:
  explicit Sealer(Secret<std::string> key) : key_(std::move(key)) {}
  Secret<std::string> key_;
};

}  // namespace gatehouse::identity
