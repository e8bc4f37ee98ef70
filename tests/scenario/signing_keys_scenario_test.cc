// Signing keys through the whole gateway: rotated, shown, and gone when their time is over.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "whole_gateway.h"

namespace gatehouse::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class SigningKeysOverHttp : public ::testing::Test {
 protected:
  SigningKeysOverHttp() { administrator_ = issue("system", {"platform:admin"}); }

  std::string issue(const std::string& tenant, std::vector<std::string> scopes, seconds lifetime = std::chrono::days(10)) {
    identity::TokenWish wish{TenantId(tenant)};
    wish.scopes = std::move(scopes);
    wish.lifetime = lifetime;
    return world_.done(world_.house().tokens().issue(world_.reactor, std::move(wish)))->token.expose();
  }
  const FakeExchange& ask(wire::Method method, const std::string& path, const std::string& token, const std::string& body = "") {
    const FakeExchange& answer = world_.ask(Ask{method, path, {{"Authorization", "Bearer " + token}}, body});
    const auto patience = std::chrono::steady_clock::now() + seconds(30);
    while (!answer.handled && std::chrono::steady_clock::now() < patience) world_.reactor.context().run_one_for(milliseconds(10));
    EXPECT_TRUE(answer.handled) << path;
    return answer;
  }
  const FakeExchange& rotate(const std::string& body) {
    return ask(wire::Method::post, "/api/admin/signing-keys/rotate", administrator_, body);
  }
  int status(const std::string& token) { return ask(wire::Method::get, "/v1/models", token).status(); }
  std::size_t shown_keys() {
    const std::string& set = ask(wire::Method::get, "/.well-known/jwks.json", "").sent();
    std::size_t count = 0;
    for (std::size_t at = set.find("\"kty\""); at != std::string::npos; at = set.find("\"kty\"", at + 1)) ++count;
    return count;
  }
  // As the server does every second.
  void tidy() { EXPECT_TRUE(world_.done(world_.house().key_ring().tidy(world_.reactor)).ok()); }
  std::optional<wire::JwsAlgorithm> signs_with() {
    return world_.house().registry().current()->signing_keys()->current.algorithms().only();
  }

  WholeGateway world_;
  std::string administrator_;
};

TEST_F(SigningKeysOverHttp, TokensOfTheKeyBeforeAreTakenUntilTheOverlapIsOver) {
  const std::string before = issue("demo", {"llm"});
  EXPECT_EQ(status(before), 200);
  const FakeExchange& rotated = rotate(R"({"algorithm":"ES256","overlap":"10s"})");
  EXPECT_EQ(rotated.status(), 201);
  EXPECT_THAT(rotated.sent(), HasSubstr(R"("algorithm":"ES256","signs":true)"));
  EXPECT_THAT(rotated.sent(), HasSubstr(R"("warning":"tokens live for up to 365d here)"));
  EXPECT_EQ(shown_keys(), 2U);
  const std::string after = issue("demo", {"llm"});
  EXPECT_EQ(status(before), 200);
  EXPECT_EQ(status(after), 200);
  administrator_ = issue("system", {"platform:admin"});

  world_.clock.advance(seconds(9));
  tidy();
  EXPECT_EQ(status(before), 200);
  world_.clock.advance(seconds(1));
  tidy();
  EXPECT_EQ(status(before), 401);
  EXPECT_EQ(status(after), 200);
  EXPECT_EQ(shown_keys(), 1U);
  EXPECT_THAT(ask(wire::Method::get, "/api/admin/signing-keys", administrator_).sent(), Not(HasSubstr("EdDSA")));
  EXPECT_EQ(world_.done(world_.house().registry().store().signing_keys().all(world_.reactor))->size(), 1U);
}

TEST_F(SigningKeysOverHttp, WithoutAWordTheOverlapIsAsLongAsTokensLive) {
  const FakeExchange& rotated = rotate("");
  EXPECT_EQ(rotated.status(), 201);
  EXPECT_THAT(rotated.sent(), HasSubstr(R"("algorithm":"EdDSA")"));
  EXPECT_THAT(rotated.sent(), HasSubstr(R"("overlap":"365d","warning":null)"));
  const std::string& list = ask(wire::Method::get, "/api/admin/signing-keys", administrator_).sent();
  EXPECT_THAT(list, HasSubstr(R"("signs":false)"));
  EXPECT_THAT(list, HasSubstr(R"("signs":true)"));
}

TEST_F(SigningKeysOverHttp, WithoutAnOverlapTheOthersEndAtOnceWhateverWasSaidBefore) {
  const std::string first = issue("demo", {"llm"});
  EXPECT_EQ(rotate("{}").status(), 201);
  const std::string second = issue("demo", {"llm"});
  EXPECT_EQ(rotate(R"({"overlap":"0s"})").status(), 201);
  EXPECT_EQ(status(first), 401);
  EXPECT_EQ(status(second), 401);
  EXPECT_EQ(status(issue("demo", {"llm"})), 200);
  EXPECT_EQ(shown_keys(), 1U);
}

TEST_F(SigningKeysOverHttp, RefusesWhatIsNoRotationAndWhoeverIsNoAdministratorOfThePlatform) {
  for (const char* body :
       {R"({"algorithm":"none"})", R"({"algorithm":"ES512"})", R"({"overlap":"soon"})", R"({"overlap":"400d"})", R"({"kid":"mine"})"}) {
    const int code = rotate(body).status();
    EXPECT_TRUE(code == 400 || code == 422) << body << " gave " << code;
  }
  const std::string other = issue("demo", {"llm", "tenant:admin", "keys:write"});
  EXPECT_EQ(ask(wire::Method::post, "/api/admin/signing-keys/rotate", other, "{}").status(), 403);
  EXPECT_EQ(ask(wire::Method::get, "/api/admin/signing-keys", other).status(), 403);
  EXPECT_EQ(shown_keys(), 1U);
}

TEST_F(SigningKeysOverHttp, FollowsAnotherAlgorithmAndKeepsTheKeyBefore) {
  const std::string before = issue("demo", {"llm"});
  const identity::KeyRing& ring = world_.house().key_ring();
  auto same = world_.done(ring.follow(world_.reactor, identity::NewSigningKey(wire::JwsAlgorithm::eddsa)));
  ASSERT_TRUE(same.ok());
  EXPECT_FALSE(*same);
  auto other = world_.done(ring.follow(world_.reactor, identity::NewSigningKey(wire::JwsAlgorithm::hs256)));
  ASSERT_TRUE(other.ok());
  ASSERT_TRUE(*other);
  EXPECT_EQ((*other)->overlap, std::chrono::days(365));
  EXPECT_EQ(signs_with(), wire::JwsAlgorithm::hs256);
  EXPECT_EQ(status(before), 200);
  EXPECT_EQ(status(issue("demo", {"llm"})), 200);
  EXPECT_EQ(shown_keys(), 1U) << "a secret is shown to nobody";
}

TEST_F(SigningKeysOverHttp, SignsWithTheSecretThatTheConfigurationNames) {
  const identity::KeyRing& ring = world_.house().key_ring();
  const auto follow = [&](const std::string& secret) {
    auto made = world_.done(ring.follow(world_.reactor, identity::NewSigningKey(wire::JwsAlgorithm::hs256, Secret<std::string>(secret))));
    EXPECT_TRUE(made.ok());
    return made.ok() && *made;
  };
  const std::string shared = "a secret that two servers share, say";
  EXPECT_TRUE(follow(shared));
  EXPECT_FALSE(follow(shared)) << "nothing has changed";
  const std::string token = issue("demo", {"llm"});
  const wire::JwsKey theirs = wire::JwsKey::from_secret("theirs", Secret<std::string>(shared)).value();
  const auto& ours = world_.house().registry().current()->signing_keys()->current;
  EXPECT_EQ(ours.private_der()->expose(), theirs.private_der()->expose());
  EXPECT_TRUE(follow("another one, of which nobody knows yet"));
  EXPECT_EQ(status(token), 200) << "the secret before it is taken until tokens have expired";
}

TEST_F(SigningKeysOverHttp, ThereAreNotMoreThanMayBeKept) {
  for (std::size_t i = 1; i < identity::KeyRing::most_keys; ++i) ASSERT_EQ(rotate("{}").status(), 201) << i;
  EXPECT_EQ(rotate("{}").status(), 409);
  EXPECT_EQ(rotate(R"({"overlap":"0s"})").status(), 201);
  administrator_ = issue("system", {"platform:admin"});
  EXPECT_EQ(rotate("{}").status(), 201);
}

}  // namespace
}  // namespace gatehouse::testing
