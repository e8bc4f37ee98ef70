// Requirement D8: a token is good for what it was issued for, and for nothing else that its issuer also signs.
#include "gatehouse/wire/json/writer.h"
#include "test_people.h"

namespace gatehouse::identity {
namespace {

constexpr std::int64_t test_second = 1'700'000'000;
const std::string at_jwt(access_token_type);

struct Claims {
  std::string iss = "gatehouse", aud = "gatehouse", typ = at_jwt, scope = "llm";
  std::int64_t lifetime = 600;
};

std::string signed_by(const wire::JwsKey& key, const Claims& said) {
  std::string payload;
  wire::JsonWriter json(payload);
  json.begin_object().member("iss", said.iss).member("aud", said.aud).member("sub", "somebody").member("tenant_id", "demo");
  json.member("scope", said.scope).member("iat", test_second).member("exp", test_second + said.lifetime).end_object();
  return wire::sign_jws(key, {said.typ, payload}).value();
}

// "let in", or the reason for the refusal.
std::string outcome(People& people, const std::string& token) {
  wire::RequestHead head;
  const std::string value = "Bearer " + token;
  head.fields.push_back({"Authorization", value});
  const Result<PrincipalPtr> asked = people.door().identify(head, test_now, CredentialKind::any);
  return asked.ok() ? "let in" : std::string(asked.error().reason());
}

std::string ours(const Claims& said) {
  People people;
  return outcome(people, signed_by(test_signing_keys()->current, said));
}

TEST(TokensOfOurs, AreForUs) {
  EXPECT_EQ(ours({}), "let in");
  for (const char* other : {"", "another-service", "gatehouse-console", "Gatehouse"})
    EXPECT_EQ(ours({.aud = other}), "token_invalid") << other;
}

// The same key may sign other kinds of token one day, and a thief may have one of those.
TEST(TokensOfOurs, AreAccessTokens) {
  for (const char* other : {"", "JWT", "rt+jwt", "id+jwt", "logout+jwt"}) EXPECT_EQ(ours({.typ = other}), "token_invalid") << other;
}

TEST(TokensOfOurs, LiveForAYearAtMost) {
  EXPECT_EQ(ours({.lifetime = longest_token_lifetime.count()}), "let in");
  EXPECT_EQ(ours({.lifetime = longest_token_lifetime.count() + 1}), "token_invalid");
}

// -- those of an outside issuer ---------------------------------------------------------------------------------------------------

const wire::JwsKey& outside_key() {
  static const wire::JwsKey key = [] {
    SeededRandom random(77);
    return wire::JwsKey::generate({"outside-key", wire::JwsAlgorithm::es256}, random).value();
  }();
  return key;
}

const std::string other_issuer = "https://id.example.org";

struct PeopleOfOthers : People {
  PeopleOfOthers() {
    auto issuer = std::make_shared<Issuer>();
    issuer->name = "example";
    issuer->rules.issuers = {other_issuer}, issuer->rules.audiences = {"gatehouse"}, issuer->rules.types = {at_jwt};
    issuer->keys = std::make_shared<const wire::JwsKeySet>(wire::JwsKeySet::make({outside_key()}).value());
    set_issuers({issuer});
  }
};

std::string theirs(const Claims& said) {
  PeopleOfOthers people;
  return outcome(people, signed_by(outside_key(), said));
}

TEST(TokensOfOthers, AreForUsAndOfTheRightType) {
  EXPECT_EQ(theirs({.iss = other_issuer}), "let in");
  EXPECT_EQ(theirs({.iss = other_issuer, .aud = "another-service"}), "token_invalid");
  for (const char* other : {"", "JWT", "logout+jwt"}) EXPECT_EQ(theirs({.iss = other_issuer, .typ = other}), "token_invalid") << other;
}

TEST(TokensOfOthers, AreSignedByTheIssuerThatTheyName) {
  EXPECT_EQ(theirs({.iss = "gatehouse"}), "token_invalid") << "ours, by their key";
  EXPECT_EQ(theirs({.iss = "https://id.example.com"}), "token_invalid") << "nobody's";
  PeopleOfOthers people;
  EXPECT_EQ(outcome(people, signed_by(test_signing_keys()->current, {.iss = other_issuer})), "token_invalid") << "theirs, by our key";
}

TEST(TokensOfOthers, NeverAdministerThePlatform) {
  PeopleOfOthers people;
  wire::RequestHead head;
  const std::string value = "Bearer " + signed_by(outside_key(), {.iss = other_issuer, .scope = "llm platform:admin"});
  head.fields.push_back({"Authorization", value});
  const Result<PrincipalPtr> asked = people.door().identify(head, test_now, CredentialKind::any);
  ASSERT_TRUE(asked.ok()) << asked.error().describe();
  EXPECT_TRUE((*asked)->granted.has(Scope::llm));
  EXPECT_FALSE((*asked)->granted.has(Scope::platform_admin) || (*asked)->scopes.has(Scope::platform_admin));
}

}  // namespace
}  // namespace gatehouse::identity
