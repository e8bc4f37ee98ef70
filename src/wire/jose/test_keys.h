// Keys and tokens for the tests of wire/jose.
#pragma once
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "gatehouse/base/base64url.h"
#include "gatehouse/wire/jose/jws.h"
#include "jose/signature.h"

namespace gatehouse::wire::jose {

// One key an algorithm, made once: RSA keys take their time.
inline const JwsKey& key_for(JwsAlgorithm algorithm) {
  static const std::map<JwsAlgorithm, JwsKey> keys = [] {
    SeededRandom random(7515);
    std::map<JwsAlgorithm, JwsKey> made;
    for (const JwsAlgorithm one : all_jws_algorithms) {
      made.emplace(one, JwsKey::generate({"key-" + std::string(to_string(one)), one}, random).value());
    }
    return made;
  }();
  return keys.at(algorithm);
}

inline JwsKeySet all_keys() {
  std::vector<JwsKey> keys;
  for (const JwsAlgorithm one : all_jws_algorithms) keys.push_back(key_for(one));
  return JwsKeySet::make(std::move(keys)).value();
}

// With any header and payload, rightly signed.
inline std::string signed_raw(JwsAlgorithm algorithm, std::string_view header, std::string_view payload) {
  const std::string input = to_base64url(header) + '.' + to_base64url(payload);
  return input + '.' + to_base64url(make_signature(key_for(algorithm), input).value());
}

// "ok", or the reason for the refusal.
inline std::string verdict(JwsVerifier& verifier, std::string_view token) {
  const Result<VerifiedJws> verified = verifier.verify(token);
  return verified ? "ok" : std::string(verified.error().reason());
}
inline std::string verdict(const JwsKeySet& keys, std::string_view token) {
  JwsVerifier verifier = JwsVerifier::make(keys).value();
  return verdict(verifier, token);
}
// Of a JWK Set or JWK.
inline std::string verdict(std::string_view jwks, std::string_view token) {
  const Result<JwsKeySet> keys = JwsKeySet::parse(jwks);
  return keys ? verdict(*keys, token) : std::string(keys.error().reason());
}

// The parts of a token.
struct TokenParts {
  explicit TokenParts(std::string_view token) {
    const std::size_t first = token.find('.'), second = token.find('.', first + 1);
    header = token.substr(0, first);
    payload = token.substr(first + 1, second - first - 1);
    signature = token.substr(second + 1);
  }
  std::string joined() const { return header + '.' + payload + '.' + signature; }
  std::string header, payload, signature;
};

}  // namespace gatehouse::wire::jose
