#include "jose/admission.h"

#include <openssl/core_names.h>

#include <algorithm>
#include <array>
#include <string>

#include "jose/errors.h"

namespace gatehouse::wire::jose {
namespace {

constexpr int min_rsa_bits = 2048, max_rsa_bits = 8192;  // beyond, one check costs as much as a thousand
constexpr int max_exponent_bits = 64;

Number part(EVP_PKEY* pair, const char* name) {
  BIGNUM* found = nullptr;
  EVP_PKEY_get_bn_param(pair, name, &found);
  return Number(found);
}

Status admit_rsa(EVP_PKEY* pair) {
  const Number modulus = part(pair, OSSL_PKEY_PARAM_RSA_N), exponent = part(pair, OSSL_PKEY_PARAM_RSA_E);
  if (!modulus || !exponent) return key_malformed("The RSA key has no modulus or no exponent");
  const int bits = BN_num_bits(modulus.get());
  if (bits < min_rsa_bits) return key_weak("An RSA key must have at least 2048 bits, this one has " + std::to_string(bits));
  if (bits > max_rsa_bits) return key_unsupported("An RSA key may have at most 8192 bits, this one has " + std::to_string(bits));
  if (!BN_is_odd(exponent.get()) || BN_is_one(exponent.get())) return key_weak("The exponent of the RSA key is even or 1");
  if (BN_num_bits(exponent.get()) > max_exponent_bits) return key_unsupported("The exponent of the RSA key has more than 64 bits");
  if (!BN_is_odd(modulus.get())) return key_weak("The modulus of the RSA key is even");
  if (is_roca(*modulus)) return key_weak("The RSA key comes from a generator whose keys can be factored (CVE-2017-15361)");
  return ok();
}

Status admit_ec(EVP_PKEY* pair) {
  std::array<char, 64> curve{};
  std::size_t length = 0;
  if (EVP_PKEY_get_group_name(pair, curve.data(), curve.size(), &length) != 1) return key_malformed("The EC key names no curve");
  if (std::string_view(curve.data(), length) != "prime256v1") return key_unsupported("The EC key is not on the curve P-256");
  const PKeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, pair, nullptr));
  if (!context || EVP_PKEY_public_check(context.get()) != 1) return key_malformed("The point of the EC key is not on its curve");
  return ok();
}

Status admit_ed25519(EVP_PKEY* pair) {
  std::array<char, 32> point{};
  std::size_t length = point.size();
  if (EVP_PKEY_get_raw_public_key(pair, octets(point.data()), &length) != 1) return key_malformed("The Ed25519 key has no public half");
  if (!sound_ed25519_point({point.data(), length})) {
    return key_malformed("The point of the Ed25519 key is not on its curve, or is one that signs everything");
  }
  return ok();
}

// Numbers modulo 2^255 - 19.
class Field {
 public:
  Field() : scratch_(BN_CTX_new()), prime_(from_hex("7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed")) {}

  static Number from_hex(const char* digits) {
    BIGNUM* made = nullptr;
    BN_hex2bn(&made, digits);
    return Number(made);
  }
  const BIGNUM* prime() const { return prime_.get(); }
  Number times(const Number& a, const Number& b) const {
    Number out(BN_new());
    BN_mod_mul(out.get(), a.get(), b.get(), prime_.get(), scratch_.get());
    return out;
  }
  // a + small
  Number plus(const Number& a, long small) const {
    Number out(BN_dup(a.get()));
    if (small < 0) {
      BN_sub_word(out.get(), static_cast<BN_ULONG>(-small));
    } else {
      BN_add_word(out.get(), static_cast<BN_ULONG>(small));
    }
    BN_nnmod(out.get(), out.get(), prime_.get(), scratch_.get());
    return out;
  }
  bool has_root(const Number& a) const { return BN_kronecker(a.get(), prime_.get(), scratch_.get()) == 1; }

 private:
  Scratch scratch_;
  Number prime_;
};

}  // namespace

// x² = (y² - 1) / (dy² + 1). The orders 1 and 2 have y² = 1, order 4 has y = 0, and the double of a point of order 8 has y = 0.
bool sound_ed25519_point(std::string_view point) {
  if (point.size() != 32) return false;
  std::string big_endian(point.rbegin(), point.rend());
  big_endian[0] = static_cast<char>(big_endian[0] & 0x7F);  // the sign of x
  const Field field;
  const Number y = number(big_endian);
  if (BN_cmp(y.get(), field.prime()) >= 0) return false;
  const Number d = Field::from_hex("52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3");
  const Number y2 = field.times(y, y), dy2 = field.times(d, y2);
  if (BN_is_zero(y2.get()) || BN_is_one(y2.get())) return false;
  if (BN_is_zero(field.plus(field.times(y2, field.plus(dy2, 2)), -1).get())) return false;
  return field.has_root(field.times(field.plus(y2, -1), field.plus(dy2, 1)));
}

// Every such modulus is a power of 65537 modulo each of these primes; of others, one in 2^27 is.
bool is_roca(const BIGNUM& modulus) {
  static constexpr std::array<BN_ULONG, 38> primes{3,   5,   7,   11,  13,  17,  19,  23,  29,  31,  37,  41,  43,
                                                   47,  53,  59,  61,  67,  71,  73,  79,  83,  89,  97,  101, 103,
                                                   107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167};
  return std::ranges::all_of(primes, [&modulus](BN_ULONG prime) {
    const BN_ULONG wanted = BN_mod_word(&modulus, prime), step = 65537 % prime;
    BN_ULONG power = 1;
    for (BN_ULONG tries = 0; tries < prime; ++tries, power = power * step % prime) {
      if (power == wanted) return true;
    }
    return false;
  });
}

Status admit(JwsAlgorithm algorithm, EVP_PKEY* pair) {
  const auto is = [pair](const char* kind) { return EVP_PKEY_is_a(pair, kind) == 1; };
  const Error mismatch = key_unsupported("The key is of a kind that " + std::string(to_string(algorithm)) + " does not use");
  switch (algorithm) {
    case JwsAlgorithm::rs256:
    case JwsAlgorithm::ps256:
      return is("RSA") ? admit_rsa(pair) : mismatch;
    case JwsAlgorithm::es256:
      return is("EC") ? admit_ec(pair) : mismatch;
    case JwsAlgorithm::eddsa:
      return is("ED25519") ? admit_ed25519(pair) : mismatch;
    case JwsAlgorithm::hs256:
      break;
  }
  return mismatch;
}

}  // namespace gatehouse::wire::jose
