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
  IssuerPtr issuer;                   // null: ours
  std::shared_ptr<const void> trust;  // what it was believed by
};

// What a token of that issuer (by its name in the configuration, empty: ours) is believed by now. Null: by nothing.
std::shared_ptr<const void> trust_of(std::string_view issuer, const Directory& directory);

class TokenVerifier {
 public:
  Result<VerifiedToken> verify(std::string_view token, WallTime now, const Directory& directory);

 private:
  // A verifier, and what it was made of: something else means that it must be made again.
  struct Prepared {
    std::shared_ptr<const void> made_of;
    std::optional<wire::JwsVerifier> verifier;
    Status prepare(const std::shared_ptr<const void>& from, const wire::JwsKeySet& set);
  };
  void follow(const IssuersPtr& issuers);
  Result<VerifiedToken> verify_own(std::string_view token, WallTime now, const Directory& directory);
  Result<VerifiedToken> verify_outside(std::string_view token, WallTime now, const IssuerPtr& issuer);
  Result<VerifiedToken> verify_legacy(std::string_view token, WallTime now);
  // What the payload says, before anything of it is believed.
  std::optional<std::string> issuer_named_in(std::string_view token);

  IssuersPtr issuers_;
  wire::ClaimRules own_rules_;
  Prepared own_;
  std::map<std::string, Prepared> outside_;  // by the issuer's name
  wire::JsonParser parser_;
};

}  // namespace gatehouse::identity
