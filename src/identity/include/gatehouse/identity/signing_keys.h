// identity/signing_keys.h — the keys that our own tokens are signed with: one signs, those before it verify until they retire.
// Layout   the private half (PKCS#8) is sealed under the master key, bound to its kid; the public half is kept as a JWK
// Threads  a value that shares what never changes
// Errors   signing_key_missing, signing_key_damaged → operator
#pragma once
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/random.h"
#include "gatehouse/base/result.h"
#include "gatehouse/base/secret.h"
#include "gatehouse/identity/sealing.h"
#include "gatehouse/store/records.h"
#include "gatehouse/wire/jose/key_set.h"

namespace gatehouse::identity {

struct SigningKeys {
  wire::JwsKeySet all;
  wire::JwsKey current;
  std::optional<store::Moment> next_retirement;  // of one of them
};

struct NewSigningKey {
  explicit NewSigningKey(wire::JwsAlgorithm algorithm_, std::optional<Secret<std::string>> secret_ = std::nullopt)
      : algorithm(algorithm_), secret(std::move(secret_)) {}
  wire::JwsAlgorithm algorithm;
  std::optional<Secret<std::string>> secret;  // of HS256; nothing: a new one
};

Result<store::SigningKey> make_signing_key(const NewSigningKey& wanted, const Sealer& sealer, RandomSource& random, WallTime now);
// The youngest that does not retire signs; those that have retired by now are left out.
Result<SigningKeys> open_signing_keys(const std::vector<store::SigningKey>& kept, const Sealer& sealer, store::Moment now);

}  // namespace gatehouse::identity
