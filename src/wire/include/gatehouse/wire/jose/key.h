// wire/jose/key.h — a key that signs or verifies tokens. What it may be used for is fixed when it is made: the token has no say.
// Rules    RSA of 2,048 to 8,192 bits whose modulus is odd and not of the ROCA kind, with an odd exponent from 3 to 2^64; EC on P-256
//          and Ed25519 with a point that is on the curve and not of small order; HMAC secrets of 32 bytes and more
// Threads  a value that shares what never changes: copy it, use it from any thread
// Errors   jws_key_malformed, jws_key_weak, jws_key_unsupported, jws_key_kid_bad (origin operator)
// Source   RFC 7517, RFC 7518 section 6, RFC 8037 section 2, RFC 8725 section 3.5
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "gatehouse/base/random.h"
#include "gatehouse/base/result.h"
#include "gatehouse/base/secret.h"
#include "gatehouse/wire/jose/algorithm.h"

namespace gatehouse::wire {

class JwsKey {
 public:
  // Its name, unique within a set, and its one algorithm. A constructor, because gcc 12 destroys aggregates in co_await expressions twice.
  struct Identity {
    Identity(std::string kid_, JwsAlgorithm algorithm_) : kid(std::move(kid_)), algorithm(algorithm_) {}
    std::string kid;
    JwsAlgorithm algorithm;
  };

  // RSA keys (2,048 bits) come from OpenSSL's own generator, all others from `random`.
  static Result<JwsKey> generate(Identity identity, RandomSource& random);
  static Result<JwsKey> from_secret(std::string kid, Secret<std::string> secret);  // HS256
  // PKCS#8 and the older forms that OpenSSL reads, without a passphrase. Public and private half must fit.
  static Result<JwsKey> from_private_pem(Identity identity, const Secret<std::string>& pem);
  static Result<JwsKey> from_public_pem(Identity identity, std::string_view pem);
  // What private_der() gave.
  static Result<JwsKey> from_private_der(Identity identity, const Secret<std::string>& der);

  // Nothing for a key of a set that does not name its keys.
  const std::optional<std::string>& kid() const;
  // One, but for an RSA key that comes from a JWK without "alg": that verifies RS256 and PS256.
  JwsAlgorithms algorithms() const;
  bool can_sign() const;

  // As JSON, without anything private; nothing for HS256, which has no public half.
  std::optional<std::string> public_jwk() const;
  // PKCS#8; for HS256 the secret itself. For keys that can sign.
  Result<Secret<std::string>> private_der() const;
  Result<Secret<std::string>> private_pem() const;  // not for HS256

  struct State;  // within wire/jose
  explicit JwsKey(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  const State& state() const { return *state_; }

 private:
  std::shared_ptr<const State> state_;
};

}  // namespace gatehouse::wire
