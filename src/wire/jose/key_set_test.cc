// Requirement D6: which keys of a set are taken, and what for.
#include "gatehouse/wire/jose/key_set.h"

#include "jose/openssl.h"
#include "jose/test_keys.h"

namespace gatehouse::wire {
namespace {

using namespace jose;  // NOLINT: the same subject

constexpr std::string_view good_k = R"("k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T")";
constexpr std::string_view good_point =
    R"("crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0")";
constexpr std::string_view good_ed25519 = R"("crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")";

std::string joined(std::initializer_list<std::string_view> parts) {
  std::string out = "{";
  for (const std::string_view part : parts) out.append(out.size() > 1 ? "," : "").append(part);
  return out + "}";
}
std::string oct(std::string_view more = R"("kid":"a")", std::string_view k = good_k) { return joined({R"("kty":"oct")", k, more}); }
std::string ec(std::string_view more = R"("kid":"a")", std::string_view point = good_point) {
  return joined({R"("kty":"EC")", point, more});
}
std::string okp(std::string_view x = good_ed25519) { return joined({R"("kty":"OKP")", x, R"("kid":"a")"}); }
// An RSA key of these big-endian numbers.
std::string rsa(std::string_view modulus, std::string_view exponent = {"\1\0\1", 3}) {
  return R"({"kty":"RSA","kid":"a","n":")" + to_base64url(modulus) + R"(","e":")" + to_base64url(exponent) + "\"}";
}
std::string good_modulus() {
  const std::string jwk = *key_for(JwsAlgorithm::rs256).public_jwk();
  const std::size_t from = jwk.find(R"("n":")") + 5;
  return from_base64url(std::string_view(jwk).substr(from, jwk.find('"', from) - from)).value();
}

// "ok", or why the only key of a set was left out.
std::string admission(std::string_view jwk, const JwksOptions& options = {}) {
  // Beside one that is good, so that the set as a whole is.
  const std::string set = R"({"keys":[)" + std::string(jwk) + R"(,{"kty":"OKP",)" + std::string(good_ed25519) + R"(,"kid":"beside"}]})";
  const Result<JwsKeySet> keys = JwsKeySet::parse(set, options);
  if (!keys) return std::string(keys.error().reason());
  if (keys->ignored().empty()) return "ok";
  EXPECT_EQ(keys->ignored().front().position, 0U);
  return std::string(keys->ignored().front().why.reason());
}

TEST(JwkAdmission, TakesOneOfEachKind) {
  for (const std::string& good :
       {oct(), ec(), okp(), rsa(good_modulus()), rsa(good_modulus(), "\3"), oct("\"x\":1"), ec(R"("kid":"ключ")")}) {
    EXPECT_EQ(admission(good), "ok") << good;
  }
}

TEST(JwkAdmission, TakesSecretsAsLongAsTheHash) {
  EXPECT_EQ(admission(oct(R"("kid":"a")", R"("k":")" + to_base64url(std::string(32, 'x')) + '"')), "ok");
  EXPECT_EQ(admission(oct(R"("kid":"a")", R"("k":")" + to_base64url(std::string(31, 'x')) + '"')), "jws_key_weak");
  for (const char* bad :
       {R"("k":"")", R"("k":1)", R"("k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ+EstJQLr/T")", R"("k":"AAAA=")", R"("x":"no k")"}) {
    EXPECT_EQ(admission(oct(R"("kid":"a")", bad)), "jws_key_malformed") << bad;
  }
}

TEST(JwkAdmission, TakesRsaOf2048BitsAndMore) {
  std::string modulus = good_modulus();
  ASSERT_EQ(modulus.size(), 256U);
  EXPECT_EQ(admission(rsa(modulus.substr(0, 255) + "\1")), "ok");
  EXPECT_EQ(admission(rsa(modulus.substr(1))), "jws_key_weak") << "2040 bits";
  EXPECT_EQ(admission(rsa(std::string(128, '\xff'))), "jws_key_weak") << "1024 bits";
  EXPECT_EQ(admission(rsa(std::string(1, '\0') + modulus.substr(1))), "jws_key_weak") << "zeros in front are no strength";
  EXPECT_EQ(admission(rsa(std::string(1025, '\xff'))), "jws_key_unsupported") << "8200 bits";
  EXPECT_EQ(admission(rsa(modulus.substr(0, 255) + "\2")), "jws_key_weak") << "even";
  EXPECT_EQ(admission(R"({"kty":"RSA","kid":"a","e":"AQAB"})"), "jws_key_malformed");
  EXPECT_EQ(admission(R"({"kty":"RSA","kid":"a","n":"AQAB"})"), "jws_key_malformed");
}

TEST(JwkAdmission, TakesOddExponentsAboveOne) {
  const std::string modulus = good_modulus();
  EXPECT_EQ(admission(rsa(modulus, "\1")), "jws_key_weak");
  EXPECT_EQ(admission(rsa(modulus, std::string(1, '\0'))), "jws_key_weak");
  EXPECT_EQ(admission(rsa(modulus, "\2")), "jws_key_weak");
  EXPECT_EQ(admission(rsa(modulus, std::string("\1\0\0", 3))), "jws_key_weak");
  EXPECT_EQ(admission(rsa(modulus, std::string(8, '\xff'))), "ok") << "64 bits";
  EXPECT_EQ(admission(rsa(modulus, std::string(9, '\xff'))), "jws_key_unsupported");
  EXPECT_EQ(admission(rsa(modulus, std::string(256, '\xff'))), "jws_key_unsupported") << "would cost as much as signing";
}

TEST(JwkAdmission, TakesNoKeyThatCanBeFactored) {
  Number modulus(BN_new()), base(BN_new()), power(BN_new());
  BN_set_word(base.get(), 65537), BN_set_word(power.get(), 128);
  BN_exp(modulus.get(), base.get(), power.get(), Scratch(BN_CTX_new()).get());
  std::string bytes(static_cast<std::size_t>(BN_num_bytes(modulus.get())), '\0');
  BN_bn2bin(modulus.get(), octets(bytes.data()));
  EXPECT_EQ(admission(rsa(bytes)), "jws_key_weak");
}

TEST(JwkAdmission, TakesPointsOnTheirCurve) {
  const auto point = [](std::string_view x, std::string_view y) {
    return R"("crv":"P-256","x":")" + std::string(x) + R"(","y":")" + std::string(y) + '"';
  };
  constexpr std::string_view x = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", y = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
  const std::string zero = to_base64url(std::string(32, '\0')), most = to_base64url(std::string(32, '\xff'));
  const std::string longer = to_base64url('\0' + from_base64url(x).value());
  for (const std::string& bad :
       {point(y, x), point(x, x), point(zero, zero), point(most, most), point(x, zero), point(x.substr(0, 42), y), point(longer, y),
        point("", y), std::string(R"("crv":"P-256","x":"AA")"), point(x, "x+FEzRu9m36HLN/tue659LNpXW6pCyStikYjKIWI5a0")}) {
    EXPECT_EQ(admission(ec(R"("kid":"a")", bad)), "jws_key_malformed") << bad;
  }
  const auto ed25519 = [](std::string_view bytes) { return R"("crv":"Ed25519","x":")" + to_base64url(bytes) + '"'; };
  for (const std::string& bad :
       {std::string(32, '\0'), '\2' + std::string(31, '\0'), std::string(32, '\xff'), std::string(31, 'x'), std::string(33, 'x')}) {
    EXPECT_EQ(admission(okp(ed25519(bad))), "jws_key_malformed");
  }
}

// The same 64 bytes, cut at another place.
TEST(JwkAdmission, TakesCoordinatesOfTheirOwnLengthAlone) {
  const std::string both = from_base64url("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU").value() +
                           from_base64url("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0").value();
  ASSERT_EQ(both.size(), 64U);
  for (std::size_t cut = 1; cut < both.size(); ++cut) {
    const std::string point = R"("crv":"P-256","x":")" + to_base64url(std::string_view(both).substr(0, cut)) + R"(","y":")" +
                              to_base64url(std::string_view(both).substr(cut)) + '"';
    EXPECT_EQ(admission(ec(R"("kid":"a")", point)), cut == 32 ? "ok" : "jws_key_malformed") << cut;
  }
}

TEST(JwkAdmission, TakesNoOtherKindsAndCurves) {
  for (const char* bad :
       {R"({"kty":"OKP","crv":"X25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})", R"({"kty":"OKP","crv":"Ed448","x":"AA"})",
        R"({"kty":"EC","crv":"P-384","x":"AA","y":"AA"})", R"({"kty":"EC","crv":"secp256k1","x":"AA","y":"AA"})",
        R"({"kty":"EC","x":"AA","y":"AA"})", R"({"kty":"rsa","n":"AA","e":"AA"})", R"({"kty":"AKP"})", R"({"kty":""})"}) {
    EXPECT_EQ(admission(bad), "jws_key_unsupported") << bad;
  }
  for (const char* bad : {"{}", R"({"kty":null})", R"({"kty":["RSA"]})", R"({"kty":"EC","crv":1})"})
    EXPECT_EQ(admission(bad), "jws_key_malformed") << bad;
}

TEST(JwkAdmission, RespectsWhatTheKeyIsFor) {
  for (const char* good : {R"("use":"sig")", R"("key_ops":["verify"])", R"("key_ops":["sign","verify"])",
                           R"("use":"sig","key_ops":["verify"])", R"("alg":"ES256")"}) {
    EXPECT_EQ(admission(ec(good)), "ok") << good;
  }
  for (const char* bad :
       {R"("use":"enc")", R"("use":"SIG")", R"("use":"")", R"("key_ops":[])", R"("key_ops":["sign"])", R"("key_ops":["encrypt"])",
        R"("use":"sig","key_ops":["deriveKey"])", R"("use":"enc","key_ops":["verify"])", R"("alg":"ES384")", R"("alg":"HS256")",
        R"("alg":"EdDSA")", R"("alg":"none")", R"("alg":"")", R"("alg":"es256")", R"("alg":"ECDH-ES")"}) {
    EXPECT_EQ(admission(ec(bad)), "jws_key_unsupported") << bad;
  }
  for (const char* bad : {R"("use":1)", R"("key_ops":"verify")", R"("key_ops":["verify","verify"])", R"("key_ops":["verify",1])",
                          R"("key_ops":null)", R"("alg":1)", R"("alg":["ES256"])"}) {
    EXPECT_EQ(admission(ec(bad)), "jws_key_malformed") << bad;
  }
}

TEST(JwkAdmission, TakesPlainNames) {
  for (const char* bad : {R"("kid":1)", R"("kid":null)", R"("kid":"")", R"("kid":"a\u0000b")", R"("kid":"a\nb")"}) {
    EXPECT_EQ(admission(ec(bad)), "jws_key_kid_bad") << bad;
  }
  EXPECT_EQ(admission(ec(R"("kid":")" + std::string(257, 'a') + '"')), "jws_key_kid_bad");
}

TEST(JwkAdmission, IsLimitedToTheAlgorithmsOfTheIssuer) {
  const JwksOptions published{.algorithms = JwsAlgorithms::asymmetric()};
  EXPECT_EQ(admission(oct(), published), "jws_key_unsupported") << "a secret that everybody can read";
  EXPECT_EQ(admission(ec(), published), "ok");
  EXPECT_EQ(admission(ec(), {.algorithms = JwsAlgorithms(JwsAlgorithm::eddsa)}), "jws_key_unsupported");
  EXPECT_EQ(admission(okp(), {.algorithms = JwsAlgorithms(JwsAlgorithm::eddsa)}), "ok");
}

// The one key whose kind does not say its algorithm.
TEST(JwkAdmission, LetsAnRsaKeyWithoutAlgorithmVerifyBoth) {
  std::string jwk = *key_for(JwsAlgorithm::ps256).public_jwk();
  const std::string named = jwk;
  jwk.erase(jwk.find(R"(,"alg":"PS256")"), std::string_view(R"(,"alg":"PS256")").size());
  const auto token = [](std::string_view algorithm) {
    return signed_raw(JwsAlgorithm::ps256, R"({"alg":")" + std::string(algorithm) + R"(","kid":"key-PS256"})", "{}");
  };
  EXPECT_EQ(verdict(named, token("RS256")), "token_alg_not_allowed");
  EXPECT_EQ(verdict(jwk, token("RS256")), "token_signature_invalid") << "it is a PS256 signature";
  EXPECT_EQ(verdict(jwk, token("PS256")), "ok");
  const JwsKeySet both = JwsKeySet::parse(jwk).value();
  EXPECT_EQ(JwsKeySet::parse(both.public_jwks())->keys().front().algorithms(), both.keys().front().algorithms());
  const JwsKeySet one = JwsKeySet::parse(jwk, {.algorithms = JwsAlgorithms(JwsAlgorithm::rs256)}).value();
  EXPECT_EQ(verdict(one, token("PS256")), "token_alg_not_allowed");
}

TEST(JwsKeySet, LeavesOutWhatIsNotForUsAndSaysWhich) {
  const std::string set = R"({"keys":[)" + ec(R"("use":"enc","kid":"a")") + "," + ec(R"("kid":"b")") + R"(,{"kty":"x"}],"more":[1]})";
  const JwsKeySet keys = JwsKeySet::parse(set).value();
  ASSERT_EQ(keys.keys().size(), 1U);
  EXPECT_EQ(keys.keys().front().kid(), "b");
  ASSERT_EQ(keys.ignored().size(), 2U);
  EXPECT_EQ(keys.ignored()[0].position, 0U);
  EXPECT_EQ(keys.ignored()[1].position, 2U);
}

TEST(JwsKeySet, TakesEachNameOnce) {
  const auto reason = [](const std::string& keys) { return JwsKeySet::parse(R"({"keys":[)" + keys + "]}").error().reason(); };
  EXPECT_EQ(reason(oct() + "," + ec()), "jwks_kid_twice");
  EXPECT_EQ(reason(ec() + "," + ec(R"("use":"enc","kid":"a")")), "jwks_kid_twice") << "also where one is not for us";
  EXPECT_EQ(JwsKeySet::make({key_for(JwsAlgorithm::hs256), key_for(JwsAlgorithm::hs256)}).error().reason(), "jwks_kid_twice");
  EXPECT_TRUE(JwsKeySet::parse(R"({"keys":[)" + ec("\"x5t\":\"1\"") + "," + okp() + "," + oct("\"x5t\":\"1\"") + "]}").ok())
      << "without names";
}

TEST(JwsKeySet, IsAnObjectWithKeys) {
  for (const char* bad :
       {"", "null", "[]", "{}", R"({"keys":null})", R"({"keys":{}})", R"({"keys":[1]})", R"({"keys":[[]]})", R"({"keys":[],"keys":[]})",
        R"({"keys":[{"kty":"oct","kty":"oct"}]})", "{\"keys\":[]", R"({"keys":[{"a":[[[[[[[[]]]]]]]]}]})"}) {
    EXPECT_EQ(JwsKeySet::parse(bad).error().reason(), "jwks_malformed") << bad;
  }
  EXPECT_EQ(JwsKeySet::parse(R"({"keys":[]})").error().reason(), "jwks_empty");
  EXPECT_EQ(JwsKeySet::parse(ec(R"("use":"enc")")).error().reason(), "jwks_empty");
}

TEST(JwsKeySet, IsOfBoundedSize) {
  EXPECT_EQ(JwsKeySet::parse(std::string(64 * 1024 + 1, ' ')).error().reason(), "jwks_too_large");
  std::string keys;
  for (int i = 0; i < 101; ++i) keys += (i == 0 ? "" : ",") + oct(R"("kid":"k)" + std::to_string(i) + '"');
  EXPECT_EQ(JwsKeySet::parse(R"({"keys":[)" + keys + "]}").error().reason(), "jwks_too_large");
}

TEST(JwsKeySet, PublishesNothingPrivate) {
  const std::string published = all_keys().public_jwks();
  const JwsKeySet again = JwsKeySet::parse(published, {.algorithms = JwsAlgorithms::asymmetric()}).value();
  EXPECT_EQ(again.keys().size(), 4U) << "all but HS256";
  EXPECT_TRUE(again.ignored().empty());
  EXPECT_EQ(again.public_jwks(), published);
  EXPECT_EQ(published.find("\"d\""), std::string::npos);
  EXPECT_EQ(published.find("\"k\""), std::string::npos);
  for (const JwsAlgorithm algorithm : all_jws_algorithms) {
    const std::string token = sign_jws(key_for(algorithm), {.typ = {}, .payload = "{}"}).value();
    EXPECT_EQ(verdict(again, token), algorithm == JwsAlgorithm::hs256 ? "token_key_unknown" : "ok");
  }
}

// RFC 7517, appendix A.2, prints private members; they are not for verifiers.
TEST(JwsKeySet, DoesNotReadPrivateMembers) {
  const JwsKeySet keys = JwsKeySet::parse(ec(R"("kid":"a","d":"this is no base64url")")).value();
  EXPECT_FALSE(keys.keys().front().can_sign());
  EXPECT_EQ(keys.public_jwks().find("base64url"), std::string::npos);
}

}  // namespace
}  // namespace gatehouse::wire
