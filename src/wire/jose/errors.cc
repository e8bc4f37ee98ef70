#include "jose/errors.h"

#include <utility>

namespace gatehouse::wire::jose {
namespace {

Error refused(std::string_view reason, std::string text) { return Error(Code::unauthenticated, Origin::caller, reason, std::move(text)); }

}  // namespace

Error key_malformed(std::string text) { return operator_error("jws_key_malformed", std::move(text)); }
Error key_weak(std::string text) { return operator_error("jws_key_weak", std::move(text)); }
Error key_unsupported(std::string text) { return operator_error("jws_key_unsupported", std::move(text)); }
Error kid_bad(std::string text) { return operator_error("jws_key_kid_bad", std::move(text)); }
Error set_too_large(std::string text) { return operator_error("jwks_too_large", std::move(text)); }
Error set_malformed(std::string text) { return operator_error("jwks_malformed", std::move(text)); }
Error set_kid_twice() { return operator_error("jwks_kid_twice", "Two keys of the set have the same kid"); }
Error set_empty(std::string text) { return operator_error("jwks_empty", std::move(text)); }

Error token_too_large() { return refused("token_too_large", "The token is longer than 8 KiB"); }
Error token_malformed(std::string text) { return refused("token_malformed", std::move(text)); }
Error token_header_not_allowed(std::string_view member) {
  return refused("token_header_not_allowed", "The token's header must not have \"" + std::string(member) + "\"");
}
Error token_alg_not_allowed(std::string text) { return refused("token_alg_not_allowed", std::move(text)); }
Error token_key_unknown(std::string text) { return refused("token_key_unknown", std::move(text)); }
Error token_signature_invalid() { return refused("token_signature_invalid", "The token's signature is not valid"); }
Error token_claims_malformed(std::string text) { return refused("token_claims_malformed", std::move(text)); }
Error token_claim_missing(std::string_view claim) {
  return refused("token_claim_missing", "The token has no \"" + std::string(claim) + "\"");
}
Error token_type_wrong() { return refused("token_type_wrong", "The token is of a type that is not accepted here"); }
Error token_issuer_unknown() { return refused("token_issuer_unknown", "The token comes from an issuer that is not known here"); }
Error token_audience_wrong() { return refused("token_audience_wrong", "The token is meant for another audience"); }
Error token_expired() { return refused("token_expired", "The token has expired"); }
Error token_not_yet_valid() { return refused("token_not_yet_valid", "The token is not valid yet"); }
Error token_lifetime_too_long() { return refused("token_lifetime_too_long", "The token is valid for longer than is accepted here"); }

Error cannot_sign() {
  return internal_error("jws_key_cannot_sign", "a key without a private half, or with several algorithms, was to sign");
}
Error jws_too_large() { return internal_error("jws_too_large", "a token of more than 8 KiB was to be signed"); }
Error openssl_refused(std::string detail) { return internal_error("jose_openssl_refused", std::move(detail)); }

}  // namespace gatehouse::wire::jose
