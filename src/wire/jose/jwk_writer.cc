#include <openssl/core_names.h>

#include <array>

#include "gatehouse/base/base64url.h"
#include "gatehouse/wire/json/writer.h"
#include "jose/key_state.h"

namespace gatehouse::wire {

using namespace jose;  // NOLINT: the same subject

namespace {

// In as many bytes as it needs, or in `width`.
std::string number_text(EVP_PKEY* pair, const char* name, int width = 0) {
  BIGNUM* found = nullptr;
  GH_ASSERT(EVP_PKEY_get_bn_param(pair, name, &found) == 1);
  const Number value(found);
  std::string bytes(static_cast<std::size_t>(width != 0 ? width : BN_num_bytes(value.get())), '\0');
  GH_ASSERT(BN_bn2binpad(value.get(), octets(bytes.data()), static_cast<int>(bytes.size())) >= 0);
  return to_base64url(bytes);
}

std::string ed25519_text(EVP_PKEY* pair) {
  std::array<char, 32> point{};
  std::size_t length = point.size();
  GH_ASSERT(EVP_PKEY_get_raw_public_key(pair, octets(point.data()), &length) == 1);
  return to_base64url({point.data(), length});
}

void write_material(JsonWriter& json, EVP_PKEY* pair, JwsAlgorithms algorithms) {
  if (algorithms.contains(JwsAlgorithm::es256)) {
    json.member("kty", "EC").member("crv", "P-256");
    json.member("x", number_text(pair, OSSL_PKEY_PARAM_EC_PUB_X, 32)).member("y", number_text(pair, OSSL_PKEY_PARAM_EC_PUB_Y, 32));
  } else if (algorithms.contains(JwsAlgorithm::eddsa)) {
    json.member("kty", "OKP").member("crv", "Ed25519").member("x", ed25519_text(pair));
  } else {
    json.member("kty", "RSA").member("n", number_text(pair, OSSL_PKEY_PARAM_RSA_N)).member("e", number_text(pair, OSSL_PKEY_PARAM_RSA_E));
  }
}

}  // namespace

std::optional<std::string> JwsKey::public_jwk() const {
  if (!state_->pair) return std::nullopt;
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  write_material(json, state_->pair.get(), state_->algorithms);
  if (state_->kid) json.member("kid", *state_->kid);
  if (const std::optional<JwsAlgorithm> algorithm = state_->algorithms.only()) json.member("alg", to_string(*algorithm));
  json.member("use", "sig").end_object();
  return out;
}

}  // namespace gatehouse::wire
