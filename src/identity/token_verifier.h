// identity/token_verifier.h — from the text of a token to what its issuer says, believed.
// Threads  one reactor
// Errors   those of wire/jose; token_invalid (an issuer that nobody knows, or whose keys have not come yet)
#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/result.h"
#include "gatehouse/identity/directory.h"
#include "gatehouse/identity/issuers.h"
#include "gatehouse/wire/jose/claims.h"

namespace gatehouse::identity {

struct VerifiedToken {
  wire::Claims claims;
  const Issuer* issuer = nullptr;  // null: ours
};

class TokenVerifier {
 public:
  explicit TokenVerifier(std::shared_ptr<const Issuers> issuers);

  Result<VerifiedToken> verify(std::string_view token, WallTime now, const Directory& directory);

 private:
  // A verifier, and the keys that it was made of: others mean that it must be made again.
  struct Prepared {
    std::shared_ptr<const void> keys;
    std::optional<wire::JwsVerifier> verifier;
    Status prepare(std::shared_ptr<const void> from, const wire::JwsKeySet& set);
  };
  Result<VerifiedToken> verify_own(std::string_view token, WallTime now, const Directory& directory);
  Result<VerifiedToken> verify_outside(std::string_view token, WallTime now, const Issuer& issuer);
  Result<VerifiedToken> verify_legacy(std::string_view token, WallTime now);
  // What the payload says, before anything of it is believed.
  std::optional<std::string> issuer_named_in(std::string_view token);

  const std::shared_ptr<const Issuers> issuers_;
  wire::ClaimRules own_rules_;
  Prepared own_;
  std::map<const Issuer*, Prepared> outside_;
  wire::JsonParser parser_;
};

}  // namespace gatehouse::identity
