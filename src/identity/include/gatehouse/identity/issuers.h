// identity/issuers.h — whose tokens are believed, and what they must say: our own, and those of configured outside issuers.
// Rules    a token's "iss" picks the issuer; one without is a legacy issuer's, or nobody's. An outside issuer's tokens never carry
//          platform:admin
// Threads  immutable
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gatehouse/identity/key_source.h"
#include "gatehouse/wire/jose/claims.h"

namespace gatehouse::identity {

struct Issuer {
  std::string name;  // as the configuration calls it
  wire::ClaimRules rules;
  std::shared_ptr<KeySource> keys;
  bool legacy = false;                // no iss, aud, jti and typ; revoked by the SHA-256 of the token
  std::optional<std::int64_t> until;  // seconds since 1970: from then on nothing of it is taken
};

struct Issuers {
  std::string own;  // what "iss" says in our own tokens
  std::vector<Issuer> outside;
};

}  // namespace gatehouse::identity
