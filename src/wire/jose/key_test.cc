// Keys made, written out and taken in again.
#include "gatehouse/wire/jose/key.h"

#include <openssl/pem.h>

#include "gatehouse/base/hex.h"
#include "jose/admission.h"
#include "jose/test_keys.h"

namespace gatehouse::wire {
namespace {

using namespace jose;  // NOLINT: the same subject

class EveryKey : public testing::TestWithParam<JwsAlgorithm> {};
INSTANTIATE_TEST_SUITE_P(Jws, EveryKey, testing::ValuesIn(all_jws_algorithms),
                         [](const auto& tested) { return std::string(to_string(tested.param)); });

std::string signed_by(const JwsKey& key) { return sign_jws(key, {.typ = {}, .payload = "{}"}).value(); }

TEST_P(EveryKey, ComesBackFromItsPrivateForm) {
  const JwsKey& key = key_for(GetParam());
  const Secret<std::string> der = key.private_der().value();
  const JwsKey again = JwsKey::from_private_der({*key.kid(), GetParam()}, der).value();
  EXPECT_EQ(verdict(all_keys(), signed_by(again)), "ok");
  EXPECT_EQ(again.private_der()->expose(), der.expose());
  EXPECT_EQ(again.public_jwk(), key.public_jwk());
}

TEST_P(EveryKey, ComesBackFromPem) {
  if (GetParam() == JwsAlgorithm::hs256) {
    EXPECT_EQ(key_for(GetParam()).private_pem().error().reason(), "jws_key_cannot_sign");
    return;
  }
  const JwsKey& key = key_for(GetParam());
  const Secret<std::string> pem = key.private_pem().value();
  EXPECT_TRUE(pem.expose().starts_with("-----BEGIN PRIVATE KEY-----\n"));
  EXPECT_EQ(verdict(all_keys(), signed_by(JwsKey::from_private_pem({*key.kid(), GetParam()}, pem).value())), "ok");
}

TEST_P(EveryKey, VerifiesFromItsPublicForm) {
  const JwsKey& key = key_for(GetParam());
  const std::optional<std::string> jwk = key.public_jwk();
  if (GetParam() == JwsAlgorithm::hs256) {
    EXPECT_FALSE(jwk) << "a secret has no public half";
    return;
  }
  EXPECT_EQ(verdict(*jwk, signed_by(key)), "ok");
  const JwsKeySet set = JwsKeySet::parse(*jwk).value();
  EXPECT_FALSE(set.keys().front().can_sign());
  EXPECT_EQ(set.keys().front().private_der().error().reason(), "jws_key_cannot_sign");
  EXPECT_EQ(set.keys().front().public_jwk(), jwk);
  for (const char* secret : {"\"d\"", "\"p\"", "\"q\"", "\"dp\"", "\"dq\"", "\"qi\"", "\"k\""}) {
    EXPECT_EQ(jwk->find(secret), std::string::npos) << secret;
  }
}

TEST_P(EveryKey, IsAnotherOneEachTime) {
  SystemRandom random;
  const JwsKey a = JwsKey::generate({"a", GetParam()}, random).value(), b = JwsKey::generate({"a", GetParam()}, random).value();
  EXPECT_NE(a.private_der()->expose(), b.private_der()->expose());
}

TEST(JwsKey, IsTheSameFromTheSameRandomness) {
  for (const JwsAlgorithm algorithm : {JwsAlgorithm::hs256, JwsAlgorithm::es256, JwsAlgorithm::eddsa}) {
    SeededRandom one(5), two(5);
    EXPECT_EQ(JwsKey::generate({"a", algorithm}, one)->private_der()->expose(),
              JwsKey::generate({"a", algorithm}, two)->private_der()->expose());
  }
}

TEST(JwsKey, NeedsAPlainName) {
  SeededRandom random(6);
  for (const std::string& kid : {std::string(), std::string(257, 'a'), std::string("a\nb"), std::string("a\0b", 3)}) {
    EXPECT_EQ(JwsKey::generate({kid, JwsAlgorithm::eddsa}, random).error().reason(), "jws_key_kid_bad");
    EXPECT_EQ(JwsKey::from_secret(kid, Secret<std::string>(std::string(32, 'x'))).error().reason(), "jws_key_kid_bad");
  }
}

TEST(JwsKey, IsTakenForAnAlgorithmOfItsKindAlone) {
  for (const JwsAlgorithm made : {JwsAlgorithm::rs256, JwsAlgorithm::es256, JwsAlgorithm::eddsa}) {
    const Secret<std::string> pem = key_for(made).private_pem().value();
    for (const JwsAlgorithm wanted : all_jws_algorithms) {
      const bool fits = made == wanted || (made == JwsAlgorithm::rs256 && wanted == JwsAlgorithm::ps256);
      EXPECT_EQ(JwsKey::from_private_pem({"a", wanted}, pem).ok(), fits) << to_string(made) << " as " << to_string(wanted);
    }
  }
}

TEST(JwsKey, TakesNoPemThatIsNone) {
  for (const char* bad : {"", "x", "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n",
                          "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"}) {
    EXPECT_EQ(JwsKey::from_private_pem({"a", JwsAlgorithm::eddsa}, Secret<std::string>(bad)).error().reason(), "jws_key_malformed");
    EXPECT_EQ(JwsKey::from_public_pem({"a", JwsAlgorithm::eddsa}, bad).error().reason(), "jws_key_malformed");
    EXPECT_EQ(JwsKey::from_private_der({"a", JwsAlgorithm::eddsa}, Secret<std::string>(bad)).error().reason(), "jws_key_malformed");
  }
  const Secret<std::string> der = key_for(JwsAlgorithm::eddsa).private_der().value();
  EXPECT_FALSE(JwsKey::from_private_der({"a", JwsAlgorithm::eddsa}, Secret<std::string>(der.expose() + "x")).ok());
}

// Nobody is asked for the passphrase: a server has no terminal.
TEST(JwsKey, TakesNoPemWithAPassphrase) {
  constexpr const char* pem =
      "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
      "MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAj6br1YYY4PNwICCAAw\n"
      "DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEJptDQ8wTJCyXP3aypkyyLMEQNca\n"
      "VerK9vK86rdkqt0BDfUhX6LZRLBiGbxaN5ogoNXusisw/l4Yz7LGNG61tD6AjLqn\n"
      "MPN42e6geDfhNcXbC1A=\n"
      "-----END ENCRYPTED PRIVATE KEY-----\n";
  EXPECT_EQ(JwsKey::from_private_pem({"a", JwsAlgorithm::eddsa}, Secret<std::string>(pem)).error().reason(), "jws_key_malformed");
}

TEST(JwsKey, TakesPublicPem) {
  // RFC 8410, section 10.1.
  constexpr const char* pem =
      "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n";
  const JwsKey key = JwsKey::from_public_pem({"a", JwsAlgorithm::eddsa}, pem).value();
  EXPECT_EQ(*key.public_jwk(),
            R"({"kty":"OKP","crv":"Ed25519","x":"Gb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE","kid":"a","alg":"EdDSA","use":"sig"})");
  EXPECT_EQ(JwsKey::from_public_pem({"a", JwsAlgorithm::es256}, pem).error().reason(), "jws_key_unsupported");
}

std::string public_pem(const PKey& key) {
  const Bio out(BIO_new(BIO_s_mem()));
  EXPECT_EQ(PEM_write_bio_PUBKEY(out.get(), key.get()), 1);
  char* bytes = nullptr;
  const long length = BIO_get_mem_data(out.get(), &bytes);
  return {bytes, static_cast<std::size_t>(length)};
}

TEST(JwsKey, IsOnTheCurveOfItsAlgorithm) {
  for (const char* curve : {"P-384", "P-521", "secp256k1"}) {
    const PKey key(EVP_EC_gen(curve));
    EXPECT_EQ(JwsKey::from_public_pem({"a", JwsAlgorithm::es256}, public_pem(key)).error().reason(), "jws_key_unsupported") << curve;
  }
  // Ed25519 would take these bytes; they are a key for agreeing on a secret.
  const std::string point = from_hex("5866666666666666666666666666666666666666666666666666666666666666").value();
  const PKey agreement(EVP_PKEY_new_raw_public_key_ex(nullptr, "X25519", nullptr, octets(point), point.size()));
  EXPECT_EQ(JwsKey::from_public_pem({"a", JwsAlgorithm::eddsa}, public_pem(agreement)).error().reason(), "jws_key_unsupported");
}

// In PKCS#8 the point of an EC key stands last.
TEST(JwsKey, HasTwoHalvesThatFit) {
  SeededRandom random(8);
  const auto der = [&random] { return JwsKey::generate({"a", JwsAlgorithm::es256}, random)->private_der()->expose(); };
  constexpr std::size_t point = 64;
  const std::string one = der(), two = der();
  ASSERT_EQ(one.size(), two.size());
  const std::string mixed = one.substr(0, one.size() - point) + two.substr(two.size() - point);
  EXPECT_TRUE(JwsKey::from_private_der({"a", JwsAlgorithm::es256}, Secret<std::string>(one)).ok());
  EXPECT_EQ(JwsKey::from_private_der({"a", JwsAlgorithm::es256}, Secret<std::string>(mixed)).error().reason(), "jws_key_malformed");
}

TEST(JwsKey, TakesNoSecretShorterThanTheHash) {
  EXPECT_EQ(JwsKey::from_secret("a", Secret<std::string>(std::string(31, 'x'))).error().reason(), "jws_key_weak");
  EXPECT_TRUE(JwsKey::from_secret("a", Secret<std::string>(std::string(32, 'x'))).ok());
}

TEST(Ed25519Point, IsOnTheCurveAndOfLargeOrder) {
  const auto sound = [](std::string_view hex) { return sound_ed25519_point(from_hex(hex).value()); };
  EXPECT_TRUE(sound("5866666666666666666666666666666666666666666666666666666666666666")) << "the base point";
  EXPECT_TRUE(sound("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")) << "RFC 8032, section 7.1";
  for (const char* small : {"0000000000000000000000000000000000000000000000000000000000000000",
                            "0100000000000000000000000000000000000000000000000000000000000000",
                            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
                            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
                            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa"}) {
    EXPECT_FALSE(sound(small)) << small;
  }
  EXPECT_FALSE(sound("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")) << "zero, spelt as the prime";
  EXPECT_FALSE(sound("0200000000000000000000000000000000000000000000000000000000000000")) << "not on the curve";
  EXPECT_FALSE(sound("58"));
}

// Numbers from the prime to 2^255 are second spellings of 0 to 18.
TEST(Ed25519Point, IsSpeltInOneWay) {
  int points = 0;
  for (unsigned small = 2; small < 19; ++small) {
    std::string once(32, '\0'), again(32, '\xff');
    once[0] = static_cast<char>(small), again[0] = static_cast<char>(0xED + small), again[31] = '\x7f';
    points += sound_ed25519_point(once);
    EXPECT_FALSE(sound_ed25519_point(again)) << small;
  }
  EXPECT_GT(points, 3) << "or nothing was shown";
}

TEST(RocaModulus, IsAPowerOf65537ModuloSmallPrimes) {
  Number modulus(BN_new());
  BN_set_word(modulus.get(), 65537);
  for (int power = 1; power < 5; ++power, BN_sqr(modulus.get(), modulus.get(), Scratch(BN_CTX_new()).get())) EXPECT_TRUE(is_roca(*modulus));
  BN_add_word(modulus.get(), 2);
  EXPECT_FALSE(is_roca(*modulus));
}

}  // namespace
}  // namespace gatehouse::wire
