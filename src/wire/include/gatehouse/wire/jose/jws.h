// wire/jose/jws.h — compact JWS: verified against a key set, and signed.
// Rules    At most 8 KiB, three parts of strict base64url. The header must be an object with "alg"; "jwk", "jku", "x5u", "x5c", "crit",
//          "b64" and "zip" are refused, whatever they say; nothing in it is ever fetched or used as a key. "kid" only picks from the set,
//          and what the key allows must be what "alg" says. A token without "kid" is checked against the one key of the set that
//          allows its "alg"; where there are several, it is refused: trying them all would let the caller choose how much we compute.
//          A key that is alone in its set and has no name is the one that is meant, whatever a token calls it.
// Threads  a verifier belongs to one thread (one a reactor): it keeps keys prepared
// Errors   token_too_large, token_malformed, token_header_not_allowed, token_alg_not_allowed, token_key_unknown,
//          token_signature_invalid (all unauthenticated, origin caller); signing: jws_key_cannot_sign, jws_too_large (origin gatehouse)
// Source   RFC 7515, RFC 8725
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "gatehouse/wire/jose/key_set.h"

namespace gatehouse::wire {

constexpr std::size_t max_jws_bytes = 8 * 1024;

// A view into its verifier, valid until that verifies again.
struct VerifiedJws {
  JwsAlgorithm algorithm = JwsAlgorithm::hs256;
  std::optional<std::string_view> kid;  // of the key
  std::optional<std::string_view> typ;
  std::string_view payload;
};

class JwsVerifier {
 public:
  static Result<JwsVerifier> make(JwsKeySet keys);
  ~JwsVerifier();
  JwsVerifier(JwsVerifier&&) noexcept;
  JwsVerifier& operator=(JwsVerifier&&) noexcept;

  // Signature and header only: what the payload says is for check_claims().
  Result<VerifiedJws> verify(std::string_view token);

 private:
  struct State;
  explicit JwsVerifier(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

struct JwsContent {
  std::string_view typ;  // such as "at+jwt"; empty leaves it out
  std::string_view payload;
};
// The nonces of ES256 and the salt of PS256 come from OpenSSL's own generator.
Result<std::string> sign_jws(const JwsKey& key, const JwsContent& content);

}  // namespace gatehouse::wire
