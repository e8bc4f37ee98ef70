// What is accepted: published tokens, and our own, in the five algorithms.
#include "gatehouse/wire/jose/jws.h"

#include "jose/published_jws.h"
#include "jose/test_keys.h"

namespace gatehouse::wire {
namespace {

using namespace jose;  // NOLINT: the same subject

TEST(JwsVerifier, AcceptsWhatTheRfcsPrint) {
  for (const PublishedJws& published : published_jws) {
    SCOPED_TRACE(published.where);
    JwsVerifier verifier = JwsVerifier::make(JwsKeySet::parse(published.jwk).value()).value();
    const Result<VerifiedJws> verified = verifier.verify(published.token);
    ASSERT_TRUE(verified.ok()) << verified.error().describe();
    EXPECT_EQ(to_string(verified->algorithm), published.algorithm);
    EXPECT_EQ(to_base64url(verified->payload), TokenParts(published.token).payload);
  }
}

TEST(JwsVerifier, TakesTheOnlyKeyWhateverATokenCallsItWhereItHasNoName) {
  const std::string secret = R"({"kty":"oct","k":")" + std::string(43, 'A') + "\"}";
  const JwsKey named = JwsKey::from_secret("a name", Secret<std::string>(std::string(32, '\0'))).value();
  const std::string token = sign_jws(named, {.typ = {}, .payload = "{}"}).value();
  JwsVerifier alone = JwsVerifier::make(JwsKeySet::parse(secret).value()).value();
  EXPECT_EQ(verdict(alone, token), "ok");
  JwsVerifier two = JwsVerifier::make(JwsKeySet::parse("{\"keys\":[" + secret + "," + secret + "]}").value()).value();
  EXPECT_EQ(verdict(two, token), "token_key_unknown");
}

TEST(JwsVerifier, RefusesPublishedTokensThatAreChangedAnywhere) {
  for (const PublishedJws& published : published_jws) {
    SCOPED_TRACE(published.where);
    JwsVerifier verifier = JwsVerifier::make(JwsKeySet::parse(published.jwk).value()).value();
    for (std::size_t place = 0; place < published.token.size(); place += 5) {
      std::string changed(published.token);
      if (changed[place] == '.') continue;
      changed[place] = changed[place] == 'A' ? 'E' : 'A';
      ASSERT_NE(verdict(verifier, changed), "ok") << place;
    }
    ASSERT_EQ(verdict(verifier, published.token), "ok") << "a refusal leaves nothing behind";
  }
}

class EveryAlgorithm : public testing::TestWithParam<JwsAlgorithm> {};
INSTANTIATE_TEST_SUITE_P(Jws, EveryAlgorithm, testing::ValuesIn(all_jws_algorithms),
                         [](const auto& tested) { return std::string(to_string(tested.param)); });

TEST_P(EveryAlgorithm, VerifiesWhatItSignedWithAnyPayload) {
  JwsVerifier verifier = JwsVerifier::make(all_keys()).value();
  for (const std::string& payload :
       {std::string(), std::string("{}"), std::string(1, '\0'), std::string("\xff\xfe"), std::string(4000, 'x')}) {
    const std::string token = sign_jws(key_for(GetParam()), {.typ = "at+jwt", .payload = payload}).value();
    const Result<VerifiedJws> verified = verifier.verify(token);
    ASSERT_TRUE(verified.ok()) << verified.error().describe();
    EXPECT_EQ(verified->algorithm, GetParam());
    EXPECT_EQ(verified->kid, key_for(GetParam()).kid());
    EXPECT_EQ(verified->typ, "at+jwt");
    EXPECT_EQ(verified->payload, payload);
  }
}

TEST_P(EveryAlgorithm, VerifiesAgainAndAgainBetweenRefusals) {
  JwsVerifier verifier = JwsVerifier::make(all_keys()).value();
  const std::string token = sign_jws(key_for(GetParam()), {.typ = {}, .payload = "a"}).value();
  TokenParts other(token);
  other.payload = to_base64url("b");
  for (int round = 0; round < 5; ++round) {
    EXPECT_EQ(verdict(verifier, token), "ok");
    EXPECT_EQ(verdict(verifier, other.joined()), "token_signature_invalid");
  }
}

TEST_P(EveryAlgorithm, RefusesSignaturesOfEveryOtherLength) {
  JwsVerifier verifier = JwsVerifier::make(all_keys()).value();
  TokenParts token(sign_jws(key_for(GetParam()), {.typ = {}, .payload = "a"}).value());
  const std::string right = from_base64url(token.signature).value();
  for (std::size_t length = 0; length <= 2048; ++length) {
    std::string signature = right.substr(0, length);
    signature.resize(length, length % 2 == 0 ? '\0' : 'x');
    token.signature = to_base64url(signature);
    ASSERT_EQ(verdict(verifier, token.joined()), length == right.size() ? "ok" : "token_signature_invalid") << length;
  }
}

// The number of 256 bytes that RSA and ECDSA take could be written with zeros in front, or be larger than it may be.
TEST_P(EveryAlgorithm, RefusesSignaturesOfExtremeNumbers) {
  JwsVerifier verifier = JwsVerifier::make(all_keys()).value();
  TokenParts token(sign_jws(key_for(GetParam()), {.typ = {}, .payload = "a"}).value());
  const std::string right = from_base64url(token.signature).value();
  for (const std::string& signature : {std::string(right.size(), '\0'), std::string(right.size(), '\xff'), std::string(right.size(), '\1'),
                                       '\0' + right, right + '\0', right.substr(1)}) {
    token.signature = to_base64url(signature);
    EXPECT_EQ(verdict(verifier, token.joined()), "token_signature_invalid");
  }
}

// One signature in 256 begins with a zero, which a number does not need.
TEST(JwsVerifier, RefusesAnRsaSignatureWithoutItsZerosInFront) {
  JwsVerifier verifier = JwsVerifier::make(all_keys()).value();
  for (const JwsAlgorithm algorithm : {JwsAlgorithm::rs256, JwsAlgorithm::ps256}) {
    int shorter = 0;
    for (int n = 0; shorter == 0 && n < 10'000; ++n) {
      TokenParts token(sign_jws(key_for(algorithm), {.typ = {}, .payload = std::to_string(n)}).value());
      const std::string right = from_base64url(token.signature).value();
      if (right.front() != '\0') continue;
      ++shorter;
      EXPECT_EQ(verdict(verifier, token.joined()), "ok");
      token.signature = to_base64url(right.substr(1));
      EXPECT_EQ(verdict(verifier, token.joined()), "token_signature_invalid") << to_string(algorithm);
    }
    EXPECT_EQ(shorter, 1) << to_string(algorithm);
  }
}

TEST_P(EveryAlgorithm, RefusesTheSignatureOfAnotherKey) {
  SeededRandom random(1);
  const JwsKey other = JwsKey::generate({*key_for(GetParam()).kid(), GetParam()}, random).value();
  EXPECT_EQ(verdict(all_keys(), sign_jws(other, {.typ = {}, .payload = "a"}).value()), "token_signature_invalid");
}

TEST(SignJws, TellsAlgorithmKeyAndTypeAndNothingElse) {
  const TokenParts token(sign_jws(key_for(JwsAlgorithm::eddsa), {.typ = "at+jwt", .payload = "{}"}).value());
  EXPECT_EQ(from_base64url(token.header), R"({"alg":"EdDSA","kid":"key-EdDSA","typ":"at+jwt"})");
}

TEST(SignJws, RefusesWhatNoVerifierWouldTake) {
  const std::string longest(max_jws_bytes, 'x');
  const Result<std::string> signed_ = sign_jws(key_for(JwsAlgorithm::hs256), {.typ = {}, .payload = longest});
  ASSERT_FALSE(signed_.ok());
  EXPECT_EQ(signed_.error().reason(), "jws_too_large");
}

TEST(SignJws, NeedsAPrivateHalf) {
  const JwsKeySet published = JwsKeySet::parse(*key_for(JwsAlgorithm::es256).public_jwk()).value();
  const Result<std::string> signed_ = sign_jws(published.keys().front(), {.typ = {}, .payload = "{}"});
  ASSERT_FALSE(signed_.ok());
  EXPECT_EQ(signed_.error().reason(), "jws_key_cannot_sign");
}

// RFC 8037, appendix A.4: Ed25519 signs the same bytes the same way each time.
TEST(SignJws, MakesTheSignatureThatRfc8037Prints) {
  const std::string seed = from_base64url("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").value();
  const std::string pkcs8 = std::string("\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20", 16) + seed;
  const JwsKey key = JwsKey::from_private_der({"a", JwsAlgorithm::eddsa}, Secret<std::string>(pkcs8)).value();
  const TokenParts published(published_jws[5].token);
  EXPECT_EQ(to_base64url(make_signature(key, published.header + '.' + published.payload).value()), published.signature);
}

}  // namespace
}  // namespace gatehouse::wire
