// What is changed about tenants, keys and tokens, seen by requests and by answers that are being made.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "whole_gateway.h"

namespace gatehouse::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* question = R"({"messages":[{"role":"user","content":"loop:x"}],"stream":true,"max_tokens":100})";

class Credentials : public ::testing::Test {
 protected:
  FakeExchange& stream(const std::string& credential) {
    return world_.ask(Ask{wire::Method::post, "/v1/chat/completions", {{"Authorization", "Bearer " + credential}}, question});
  }
  int status_of(const std::string& credential, const std::string& path = "/v1/models") {
    return world_.ask(Ask{wire::Method::get, path, {{"Authorization", "Bearer " + credential}}, {}}).status();
  }
  std::string new_key(identity::NewKey wanted) {
    auto made = world_.done(world_.house().keys().add(world_.reactor, store::Reach::everything(), std::move(wanted)));
    EXPECT_TRUE(made.ok()) << made.error().describe();
    id_ = made->record.id;
    return made->text.expose();
  }
  std::string new_token() {
    auto issued = world_.done(world_.house().tokens().issue(world_.reactor, identity::TokenWish(demo_)));
    EXPECT_TRUE(issued.ok()) << issued.error().describe();
    jti_ = issued->id;
    return issued->token.expose();
  }
  void set_tenant(identity::TenantWish wish) {
    auto changed = world_.done(world_.house().tenants().set(world_.reactor, demo_, std::move(wish), std::nullopt));
    ASSERT_TRUE(changed.ok()) << changed.error().describe();
  }

  WholeGateway world_;
  const TenantId demo_{"demo"};
  KeyId id_;
  std::string jti_;
};

TEST_F(Credentials, ATokenIsTakenUntilItIsRevoked) {
  const std::string token = new_token();
  EXPECT_EQ(status_of(token), 200);
  ASSERT_TRUE(world_.done(world_.house().tokens().revoke_id(world_.reactor, jti_)).ok());
  EXPECT_EQ(status_of(token), 401);
  EXPECT_EQ(status_of(new_token()), 200);
}

TEST_F(Credentials, ARevokedTokenEndsTheAnswersThatItStarted) {
  world_.engine.hold(true);
  FakeExchange& running = stream(new_token());
  FakeExchange& other = stream(new_token());
  ASSERT_TRUE(world_.done(world_.house().tokens().revoke_id(world_.reactor, jti_)).ok());
  EXPECT_TRUE(other.handled);
  EXPECT_EQ(other.status(), 401);
  EXPECT_THAT(other.sent(), HasSubstr("Token has been revoked"));
  EXPECT_FALSE(running.handled);
  world_.engine.hold(false);
  world_.settle();
  EXPECT_EQ(running.status(), 200);
  EXPECT_EQ(world_.engine.jobs(), 0U);
}

TEST_F(Credentials, ARevokedKeyEndsItsAnswersToo) {
  world_.engine.hold(true);
  FakeExchange& running = stream(new_key(identity::NewKey(demo_, "a key")));
  ASSERT_TRUE(world_.done(world_.house().keys().revoke(world_.reactor, store::Reach::everything(), id_, std::nullopt)).ok());
  EXPECT_TRUE(running.handled);
  EXPECT_EQ(running.status(), 401);
  EXPECT_THAT(running.fields(), HasSubstr("X-API-Key-Error: revoked"));
}

TEST_F(Credentials, ADisabledTenantIsRefusedAtOnceAndLetInAgainWithWhatItHad) {
  const std::string token = new_token(), key = new_key(identity::NewKey(demo_, "a key"));
  world_.engine.hold(true);
  FakeExchange& running = stream(token);
  identity::TenantWish wish;
  wish.enabled = false;
  set_tenant(wish);
  EXPECT_EQ(running.status(), 403);
  EXPECT_THAT(running.sent(), HasSubstr("Tenant is disabled"));
  EXPECT_EQ(status_of(token), 403);
  EXPECT_EQ(status_of(key), 403);
  wish.enabled = true;
  set_tenant(wish);
  EXPECT_EQ(status_of(token), 200);
  EXPECT_EQ(status_of(key), 200);
}

TEST_F(Credentials, AModelThatATenantHasNotDoesNotExistAndOneThatAKeyHasNotIsNotAllowed) {
  identity::NewKey other(demo_, "for another model");
  other.models = {"another"};
  const std::string key = new_key(other);
  FakeExchange& not_allowed = stream(key);
  EXPECT_EQ(not_allowed.status(), 403);
  EXPECT_THAT(not_allowed.sent(), HasSubstr(R"("param":"model")"));
  EXPECT_THAT(world_.ask(Ask{wire::Method::get, "/v1/models", {{"X-API-Key", key}}, {}}).sent(), Not(HasSubstr("scripted")));
  EXPECT_EQ(status_of(key, "/v1/models/scripted"), 403);
  identity::TenantWish wish;
  wish.models = std::vector<std::string>{"another"};
  set_tenant(wish);
  EXPECT_EQ(stream(world_.key()).status(), 404);
  EXPECT_EQ(status_of(world_.key(), "/v1/models/scripted"), 404);
}

TEST_F(Credentials, AKeyIsTakenFromItsNetworksAlone) {
  identity::NewKey near(demo_, "near"), far(demo_, "far"), nowhere(demo_, "nowhere");
  near.cidrs = {"192.0.2.0/24", "127.0.0.0/8"};
  far.cidrs = {"198.51.100.0/24"};
  nowhere.cidrs = {"10.0.0.0/33"};
  EXPECT_EQ(status_of(new_key(near)), 200);
  EXPECT_EQ(status_of(new_key(far)), 403);
  EXPECT_EQ(world_.done(world_.house().keys().add(world_.reactor, store::Reach::everything(), nowhere)).error().reason(),
            "network_invalid");
}

TEST_F(Credentials, AdministrationIsForAdministratorsOfThePlatform) {
  EXPECT_EQ(status_of(world_.key(), "/api/admin/tenants"), 403);
  EXPECT_EQ(status_of(new_token(), "/api/admin/tenants"), 403);
  EXPECT_EQ(world_.get("/api/admin/tenants").status(), 401);
}

}  // namespace
}  // namespace gatehouse::testing
