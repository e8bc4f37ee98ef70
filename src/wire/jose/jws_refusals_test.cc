// What is refused before, or in spite of, a signature that is right: requirements D1 to D5 and D9.
#include <openssl/rsa.h>

#include "jose/key_state.h"
#include "jose/test_keys.h"

namespace gatehouse::wire {
namespace {

using namespace jose;  // NOLINT: the same subject

constexpr JwsAlgorithm hs256 = JwsAlgorithm::hs256;

// A header for the HS256 key with more in it, rightly signed.
std::string token_with(std::string_view more) {
  return signed_raw(hs256, R"({"alg":"HS256","kid":"key-HS256",)" + std::string(more) + "}", "{}");
}

TEST(JwsRefusals, NoneInEverySpelling) {
  const std::string valid = sign_jws(key_for(hs256), {.typ = {}, .payload = "{}"}).value();
  for (const char* none :
       {"none", "None", "NONE", "nOne", "noNe", "nonE", "NoNe", "none ", " none", "none\\u0000", "n\\u006fne", "null", ""}) {
    const std::string header = R"({"alg":")" + std::string(none) + R"(","kid":"key-HS256"})";
    TokenParts token(signed_raw(hs256, header, "{}"));
    EXPECT_EQ(verdict(all_keys(), token.joined()), "token_alg_not_allowed") << none;
    token.signature.clear();
    EXPECT_EQ(verdict(all_keys(), token.joined()), "token_alg_not_allowed") << none;
  }
  EXPECT_EQ(verdict(all_keys(), signed_raw(hs256, R"({"kid":"key-HS256"})", "{}")), "token_malformed");
  for (const char* alg : {"null", "0", "[]", "{}", "true", R"(["HS256"])"}) {
    EXPECT_EQ(verdict(all_keys(), signed_raw(hs256, R"({"alg":)" + std::string(alg) + "}", "{}")), "token_malformed") << alg;
  }
}

TEST(JwsRefusals, OtherAlgorithmsAndSpellings) {
  for (const char* name : {"HS384",    "HS512",
                           "RS384",    "RS512",
                           "PS384",    "PS512",
                           "ES384",    "ES512",
                           "ES256K",   "EDDSA",
                           "Ed25519",  "hs256",
                           "Hs256",    "HS256 ",
                           "RSA-OAEP", "dir",
                           "A128KW",   "PBES2-HS256+A128KW",
                           "RSA1_5",   "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"}) {
    EXPECT_EQ(verdict(all_keys(), signed_raw(hs256, R"({"alg":")" + std::string(name) + R"("})", "{}")), "token_alg_not_allowed") << name;
  }
}

// Each algorithm's name over each key's signature: only what belongs together is accepted.
TEST(JwsRefusals, EveryAlgorithmAgainstEveryKey) {
  for (const JwsAlgorithm named : all_jws_algorithms) {
    for (const JwsAlgorithm key : all_jws_algorithms) {
      const std::string header = R"({"alg":")" + std::string(to_string(named)) + R"(","kid":")" + *key_for(key).kid() + R"("})";
      EXPECT_EQ(verdict(all_keys(), signed_raw(key, header, "{}")), named == key ? "ok" : "token_alg_not_allowed")
          << to_string(named) << " by " << to_string(key);
    }
  }
}

// The old confusion: HS256 with the public key, which everybody has, as the secret.
TEST(JwsRefusals, HmacWithThePublicKey) {
  for (const JwsAlgorithm victim : {JwsAlgorithm::rs256, JwsAlgorithm::es256, JwsAlgorithm::eddsa}) {
    const std::string known = *key_for(victim).public_jwk();
    const JwsKey forger = JwsKey::from_secret(*key_for(victim).kid(), Secret<std::string>(known)).value();
    EXPECT_EQ(verdict(all_keys(), sign_jws(forger, {.typ = {}, .payload = "{}"}).value()), "token_alg_not_allowed");
    EXPECT_EQ(verdict(known, sign_jws(forger, {.typ = {}, .payload = "{}"}).value()), "token_alg_not_allowed");
  }
}

TEST(JwsRefusals, OtherThanThreeParts) {
  const std::string valid = sign_jws(key_for(hs256), {.typ = {}, .payload = "{}"}).value();
  const TokenParts token(valid);
  for (const std::string& bad : {std::string(), std::string("."), std::string(".."), std::string("..."), token.header,
                                 token.header + '.' + token.payload, valid + '.', '.' + valid, valid + ".x", valid + "..", valid + ".x.y",
                                 '.' + token.payload + '.' + token.signature, R"({"payload":"e30","signatures":[]})" + std::string()}) {
    EXPECT_EQ(verdict(all_keys(), bad), "token_malformed") << bad;
  }
}

TEST(JwsRefusals, AnotherSpellingOfAPart) {
  const TokenParts valid(sign_jws(key_for(hs256), {.typ = {}, .payload = "{\"a\":1}"}).value());
  for (std::string TokenParts::* part : {&TokenParts::header, &TokenParts::payload, &TokenParts::signature}) {
    const std::string right = valid.*part;
    for (const std::string& spelling : {right + "=", right + "==", right + " ", ' ' + right, right + "\n", "\t" + right, right + "\r\n",
                                        right.substr(0, 4) + "\n" + right.substr(4), right + "+", right + "/", right + std::string(1, '\0'),
                                        right.substr(0, 3) + "?" + right.substr(4), right + "A", right + "%3D"}) {
      TokenParts token = valid;
      token.*part = spelling;
      EXPECT_NE(verdict(all_keys(), token.joined()), "ok") << spelling;
    }
  }
}

// Whoever signs what he spelt so has signed another text than the one that was read.
TEST(JwsRefusals, AMisspeltPartThatIsSigned) {
  const auto token = [](const std::string& header, const std::string& payload) {
    const std::string input = header + '.' + payload;
    return input + '.' + to_base64url(make_signature(key_for(hs256), input).value());
  };
  const std::string header = to_base64url(R"({"alg":"HS256" })"), payload = to_base64url("{}");
  ASSERT_EQ(header.size() % 4, 2U);
  ASSERT_EQ(payload, "e30");
  EXPECT_EQ(verdict(all_keys(), token(header, payload)), "ok");
  for (const char* bad : {"e30=", "e30 ", "e30\n", "e31", "e3 0", "e30+", "e30A!", "e3\xc3\xa9"}) {
    EXPECT_EQ(verdict(all_keys(), token(header, bad)), "token_malformed") << bad;
  }
  for (const char* more : {"==", " ", "\n", "?", "=A=="}) {
    EXPECT_EQ(verdict(all_keys(), token(header + more, payload)), "token_malformed") << more;
  }
}

// 32 bytes leave two bits over in the last of 43 characters.
TEST(JwsRefusals, BitsThatBelongToNoByte) {
  TokenParts token(sign_jws(key_for(hs256), {.typ = {}, .payload = "{}"}).value());
  ASSERT_EQ(token.signature.size(), 43U);
  const std::size_t last = base64url_alphabet.find(token.signature.back());
  ASSERT_EQ(last % 4, 0U);
  for (std::size_t over = 1; over < 4; ++over) {
    token.signature.back() = base64url_alphabet[last + over];
    EXPECT_EQ(verdict(all_keys(), token.joined()), "token_malformed");
  }
}

std::string signature_with_salt(std::string_view input, int bytes) {
  EVP_PKEY* const pair = key_for(JwsAlgorithm::ps256).state().pair.get();
  const DigestContext context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* options = nullptr;
  std::string out(static_cast<std::size_t>(EVP_PKEY_get_size(pair)), '\0');
  std::size_t length = out.size();
  EXPECT_EQ(EVP_DigestSignInit_ex(context.get(), &options, "SHA256", nullptr, nullptr, pair, nullptr), 1);
  EXPECT_EQ(EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING), 1);
  EXPECT_EQ(EVP_PKEY_CTX_set_rsa_pss_saltlen(options, bytes), 1);
  EXPECT_EQ(EVP_DigestSign(context.get(), octets(out.data()), &length, octets(input), input.size()), 1);
  return out;
}

// RFC 7518, section 3.5: the salt is as long as the hash.
TEST(JwsRefusals, AnotherLengthOfSalt) {
  const std::string input = to_base64url(R"({"alg":"PS256"})") + ".e30";
  for (const int bytes : {0, 20, 31, 32, 33, 222}) {
    EXPECT_EQ(verdict(all_keys(), input + '.' + to_base64url(signature_with_salt(input, bytes))),
              bytes == 32 ? "ok" : "token_signature_invalid")
        << bytes;
  }
}

TEST(JwsRefusals, HeadersThatBringAKeyOrAskForMore) {
  const std::string jwk = *key_for(JwsAlgorithm::es256).public_jwk();
  for (const std::string& member :
       {"\"jwk\":" + jwk, std::string(R"("jku":"http://127.0.0.1:1/jwks.json")"), std::string(R"("x5u":"http://127.0.0.1:1/cert.pem")"),
        std::string(R"("x5c":["MIIB"])"), std::string(R"("crit":["exp"])"), std::string(R"("crit":[])"),
        std::string(R"("crit":["b64"],"b64":false)"), std::string(R"("b64":false)"), std::string(R"("b64":true)"),
        std::string(R"("zip":"DEF")"), std::string(R"("jwk":null)")}) {
    EXPECT_EQ(verdict(all_keys(), token_with(member)), "token_header_not_allowed") << member;
  }
  EXPECT_EQ(verdict(all_keys(), token_with(R"("cty":"JWT","x5t":"abc","unknown":{"a":[1]})")), "ok");
}

// Signed by a key that the header itself brings along.
TEST(JwsRefusals, AKeyOfTheCallersOwn) {
  SeededRandom random(2);
  const JwsKey own = JwsKey::generate({"key-ES256", JwsAlgorithm::es256}, random).value();
  const std::string header = R"({"alg":"ES256","kid":"key-ES256","jwk":)" + *own.public_jwk() + "}";
  const std::string input = to_base64url(header) + '.' + to_base64url("{}");
  EXPECT_EQ(verdict(all_keys(), input + '.' + to_base64url(make_signature(own, input).value())), "token_header_not_allowed");
}

TEST(JwsRefusals, NamesOfKeysThatAreNone) {
  for (const char* kid : {"", "nobody", "key-HS256 ", "KEY-HS256", "../../../../dev/null", "/dev/null", "' OR 1=1 --", "x' UNION SELECT 'a",
                          "key|id", "$(id)", "`id`", "key-HS256\\u0000", "%00", "\\\\\\\\host\\\\share", "http://127.0.0.1:1/key"}) {
    const std::string header = R"({"alg":"HS256","kid":")" + std::string(kid) + R"("})";
    EXPECT_EQ(verdict(all_keys(), signed_raw(hs256, header, "{}")), "token_key_unknown") << kid;
  }
  for (const char* kid : {"1", "null", "[]", "{}", "true", R"(["key-HS256"])"}) {
    EXPECT_EQ(verdict(all_keys(), signed_raw(hs256, R"({"alg":"HS256","kid":)" + std::string(kid) + "}", "{}")), "token_malformed") << kid;
  }
  EXPECT_EQ(verdict(all_keys(), signed_raw(hs256, R"({"alg":"HS256","kid":"key-HS256","typ":1})", "{}")), "token_malformed");
}

TEST(JwsRefusals, HeadersThatAreNoObjectOrSayThingsTwice) {
  for (const char* header :
       {"", "null", "[]", "\"HS256\"", "{", R"({"alg":"HS256","alg":"HS256"})", R"({"alg":"none","alg":"HS256"})",
        R"({"alg":"HS256","kid":"key-HS256","kid":"x"})", R"({"alg":"HS256","kid":"key-HS256","a":{"b":1,"b":2}})",
        R"({"alg":"HS256","kid":"key-HS256"}x)", R"({'alg':'HS256'})", R"({"alg":"HS256",})", "\xef\xbb\xbf{\"alg\":\"HS256\"}",
        "{\"alg\":\"HS256\",\"kid\":\"\xff\"}", R"({"alg":"HS256","a":[[[[[[[[[[]]]]]]]]]]})"}) {
    EXPECT_EQ(verdict(all_keys(), signed_raw(hs256, header, "{}")), "token_malformed") << header;
  }
}

TEST(JwsRefusals, AreForMoreThanEightKibibytes) {
  const auto of_size = [](std::size_t bytes) {
    std::string token;
    for (std::size_t payload = bytes * 3 / 4 - 120; token.size() < bytes; ++payload)
      token = signed_raw(hs256, R"({"alg":"HS256"})", std::string(payload, 'x'));
    return token;
  };
  EXPECT_EQ(verdict(all_keys(), of_size(max_jws_bytes)), "ok");
  EXPECT_EQ(verdict(all_keys(), of_size(max_jws_bytes + 1)), "token_too_large");
  EXPECT_EQ(verdict(all_keys(), std::string(1 << 20, '.')), "token_too_large");
}

TEST(JwsRefusals, EncryptedTokens) {
  EXPECT_EQ(verdict(all_keys(), to_base64url(R"({"alg":"dir","enc":"A128GCM"})") + "..AAAA.AAAA.AAAA"), "token_malformed");
  EXPECT_EQ(verdict(all_keys(), to_base64url(R"({"alg":"PBES2-HS256+A128KW","p2c":2147483647,"p2s":"AAAA"})") + ".AAAA.AAAA.AAAA.AAAA"),
            "token_malformed");
}

TEST(JwsWithoutKid, IsCheckedAgainstTheOnlyKeyOfItsAlgorithm) {
  EXPECT_EQ(verdict(all_keys(), signed_raw(hs256, R"({"alg":"HS256"})", "{}")), "ok");
  EXPECT_EQ(verdict(all_keys(), signed_raw(JwsAlgorithm::ps256, R"({"alg":"PS256"})", "{}")), "ok");
  EXPECT_EQ(verdict(all_keys(), signed_raw(JwsAlgorithm::ps256, R"({"alg":"RS256"})", "{}")), "token_signature_invalid");
}

TEST(JwsWithoutKid, IsRefusedWhereSeveralKeysWouldDo) {
  SeededRandom random(3);
  const JwsKey second = JwsKey::generate({"second", hs256}, random).value();
  const JwsKeySet keys = JwsKeySet::make({key_for(hs256), second}).value();
  EXPECT_EQ(verdict(keys, signed_raw(hs256, R"({"alg":"HS256"})", "{}")), "token_key_unknown");
  EXPECT_EQ(verdict(keys, signed_raw(hs256, R"({"alg":"HS256","kid":"key-HS256"})", "{}")), "ok");
  EXPECT_EQ(verdict(keys, signed_raw(hs256, R"({"alg":"ES256"})", "{}")), "token_alg_not_allowed");
}

TEST(JwsRefusals, SayThatItIsTheCallersAndNothingInternal) {
  JwsVerifier verifier = JwsVerifier::make(all_keys()).value();
  const Result<VerifiedJws> refused = verifier.verify(signed_raw(hs256, R"({"alg":"HS256","kid":"nobody"})", "{}"));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), Code::unauthenticated);
  EXPECT_EQ(refused.error().origin(), Origin::caller);
  EXPECT_EQ(refused.error().public_text().find("nobody"), std::string::npos);
}

}  // namespace
}  // namespace gatehouse::wire
