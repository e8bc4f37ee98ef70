// Key pairs for OpenSSL, from numbers and from randomness.
#include <openssl/core_names.h>
#include <openssl/rsa.h>

#include <array>
#include <vector>

#include "jose/errors.h"
#include "jose/key_state.h"

namespace gatehouse::wire::jose {
namespace {

constexpr std::size_t coordinate_bytes = 32, ed25519_bytes = 32;
constexpr unsigned rsa_bits = 2048;

PKey from_params(const char* kind, int selection, OSSL_PARAM_BLD* builder) {
  const Params params(OSSL_PARAM_BLD_to_param(builder));
  const PKeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, kind, nullptr));
  EVP_PKEY* made = nullptr;
  if (!params || !context || EVP_PKEY_fromdata_init(context.get()) != 1) return nullptr;
  if (EVP_PKEY_fromdata(context.get(), &made, selection, params.get()) != 1) return nullptr;
  return PKey(made);
}

PKey ec_pair(std::string_view point, const BIGNUM* scalar) {
  const ParamBuilder builder(OSSL_PARAM_BLD_new());
  bool built = builder && OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) == 1;
  built = built && OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) == 1;
  if (scalar != nullptr) built = built && OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, scalar) == 1;
  return built ? from_params("EC", scalar != nullptr ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, builder.get()) : nullptr;
}

// A number from 1 to below the order, every one as likely.
Number random_scalar(const EC_GROUP* group, RandomSource& random) {
  for (;;) {
    std::string raw(coordinate_bytes, '\0');
    random.fill(std::as_writable_bytes(std::span(raw)));
    const Secret<std::string> bytes(std::move(raw));
    Number scalar(BN_secure_new());
    if (!scalar || BN_bin2bn(octets(bytes.expose()), length_of(bytes.expose()), scalar.get()) == nullptr) return nullptr;
    BN_set_flags(scalar.get(), BN_FLG_CONSTTIME);
    if (!BN_is_zero(scalar.get()) && BN_cmp(scalar.get(), EC_GROUP_get0_order(group)) < 0) return scalar;
  }
}

PKey generate_ec(RandomSource& random) {
  const Group group(EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1));
  if (!group) return nullptr;
  const Number scalar = random_scalar(group.get(), random);
  const Point point(EC_POINT_new(group.get()));
  if (!scalar || !point || EC_POINT_mul(group.get(), point.get(), scalar.get(), nullptr, nullptr, nullptr) != 1) return nullptr;
  std::array<char, 1 + 2 * coordinate_bytes> bytes{};
  EC_POINT_point2oct(group.get(), point.get(), POINT_CONVERSION_UNCOMPRESSED, octets(bytes.data()), bytes.size(), nullptr);
  return ec_pair({bytes.data(), bytes.size()}, scalar.get());
}

PKey generate_ed25519(RandomSource& random) {
  std::string raw(ed25519_bytes, '\0');
  random.fill(std::as_writable_bytes(std::span(raw)));
  const Secret<std::string> seed(std::move(raw));
  return PKey(EVP_PKEY_new_raw_private_key_ex(nullptr, "ED25519", nullptr, octets(seed.expose()), seed.expose().size()));
}

}  // namespace

Result<PKey> rsa_public(std::string_view modulus, std::string_view exponent) {
  const Number n = number(modulus), e = number(exponent);
  const ParamBuilder builder(OSSL_PARAM_BLD_new());
  const bool built = n && e && builder && OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) == 1 &&
                     OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) == 1;
  PKey made = built ? from_params("RSA", EVP_PKEY_PUBLIC_KEY, builder.get()) : nullptr;
  if (!made) return key_malformed("The modulus and exponent make no RSA key");
  return made;
}

Result<PKey> ec_public(std::string_view x, std::string_view y) {
  if (x.size() != coordinate_bytes || y.size() != coordinate_bytes)
    return key_malformed("The coordinates of a P-256 key have 32 bytes each");
  std::string point("\x04");
  point.append(x).append(y);
  PKey made = ec_pair(point, nullptr);
  if (!made) return key_malformed("The coordinates are not those of a point on P-256");
  return made;
}

Result<PKey> ed25519_public(std::string_view point) {
  if (point.size() != ed25519_bytes) return key_malformed("An Ed25519 key has 32 bytes");
  PKey made(EVP_PKEY_new_raw_public_key_ex(nullptr, "ED25519", nullptr, octets(point), point.size()));
  if (!made) return openssl_refused("an Ed25519 key");
  return made;
}

Result<PKey> generate_pair(JwsAlgorithm algorithm, RandomSource& random) {
  PKey made;
  switch (algorithm) {
    case JwsAlgorithm::rs256:
    case JwsAlgorithm::ps256:
      made.reset(EVP_RSA_gen(rsa_bits));
      break;
    case JwsAlgorithm::es256:
      made = generate_ec(random);
      break;
    case JwsAlgorithm::eddsa:
      made = generate_ed25519(random);
      break;
    case JwsAlgorithm::hs256:
      break;
  }
  if (!made) return openssl_refused("generating a key for " + std::string(to_string(algorithm)));
  return made;
}

}  // namespace gatehouse::wire::jose
