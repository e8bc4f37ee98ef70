// Every way in which a key is not one for us, or a token is refused, each with its reason.
#pragma once
#include <string>

#include "gatehouse/base/error.h"

namespace gatehouse::wire::jose {

// Keys: what an operator, or an issuer whom the operator trusts, must mend.
Error key_malformed(std::string text);
Error key_weak(std::string text);
Error key_unsupported(std::string text);
Error kid_bad(std::string text);
Error set_too_large(std::string text);
Error set_malformed(std::string text);
Error set_kid_twice();
Error set_empty(std::string text);

// Tokens: what a caller sent.
Error token_too_large();
Error token_malformed(std::string text);
Error token_header_not_allowed(std::string_view member);
Error token_alg_not_allowed(std::string text);
Error token_key_unknown(std::string text);
Error token_signature_invalid();
Error token_claims_malformed(std::string text);
Error token_claim_missing(std::string_view claim);
Error token_type_wrong();
Error token_issuer_unknown();
Error token_audience_wrong();
Error token_expired();
Error token_not_yet_valid();
Error token_lifetime_too_long();

// Ours.
Error cannot_sign();
Error jws_too_large();
Error openssl_refused(std::string detail);

}  // namespace gatehouse::wire::jose
