// What a JwsKey is made of, for wire/jose alone.
#pragma once
#include <optional>
#include <string>

#include "gatehouse/wire/jose/key.h"
#include "jose/openssl.h"

namespace gatehouse::wire {

struct JwsKey::State {
  std::optional<std::string> kid;
  JwsAlgorithms algorithms;
  bool can_sign = false;
  jose::PKey pair;                            // null for HS256
  std::optional<Secret<std::string>> secret;  // HS256 alone
  jose::MacContext keyed;                     // HS256 alone: each MAC starts from a copy
};

namespace jose {

constexpr std::size_t max_kid_bytes = 256;

Status check_kid(std::string_view kid);
// The key is admitted, whatever it comes from; `kid` has been checked.
Result<JwsKey> admit_pair(std::optional<std::string> kid, JwsAlgorithms algorithms, PKey pair, bool can_sign);
Result<JwsKey> admit_secret(std::optional<std::string> kid, Secret<std::string> secret);

// From numbers, before any look at what they are.
Result<PKey> rsa_public(std::string_view modulus, std::string_view exponent);
Result<PKey> ec_public(std::string_view x, std::string_view y);
Result<PKey> ed25519_public(std::string_view point);
Result<PKey> generate_pair(JwsAlgorithm algorithm, RandomSource& random);

}  // namespace jose
}  // namespace gatehouse::wire
