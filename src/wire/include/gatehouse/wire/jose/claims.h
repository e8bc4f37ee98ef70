// wire/jose/claims.h — what a token says, checked against what its issuer is configured to say.
// Rules    The payload is one JSON object without duplicate names. Dates are whole, not negative and before the year 10000; "exp" must
//          be there. "scope" is a string with spaces or a list of strings. Strings hold no control characters.
// Units    dates in seconds since 1970
// Errors   token_claims_malformed, token_claim_missing, token_type_wrong, token_issuer_unknown, token_audience_wrong, token_expired,
//          token_not_yet_valid, token_lifetime_too_long (all unauthenticated, origin caller)
// Source   RFC 7519, RFC 9068, RFC 8725 section 3.8 to 3.12
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gatehouse/base/clock.h"
#include "gatehouse/wire/jose/jws.h"
#include "gatehouse/wire/json/document.h"

namespace gatehouse::wire {

constexpr seconds max_claim_leeway{60};

struct ClaimRules {
  std::vector<std::string> issuers;    // "iss" is one of these; empty: not looked at
  std::vector<std::string> audiences;  // "aud" names one of these; empty: not looked at
  std::vector<std::string> types;      // the header's "typ" is one of these, "" is a token without; empty: not looked at
  seconds leeway{30};                  // for clocks that differ; at most max_claim_leeway counts
  seconds max_lifetime = std::chrono::hours(24) * 366;
  // What the issuer calls these.
  std::string user_claim = "sub", tenant_claim = "tenant_id", scope_claim = "scope";
};

struct Claims {
  std::string issuer, user, tenant, token_id;  // iss, sub, tenant_id, jti; empty where the token has none
  std::string username, session;               // username, sid
  std::vector<std::string> audiences, scopes;
  std::int64_t expires_at = 0;
  std::optional<std::int64_t> not_before, issued_at;
};

// A pure function of its arguments; `parser` lends its memory.
Result<Claims> check_claims(const VerifiedJws& token, const ClaimRules& rules, WallTime now, JsonParser& parser);

}  // namespace gatehouse::wire
