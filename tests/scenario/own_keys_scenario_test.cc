// /api/keys: everybody's own, and an administrator's tenant's; and that nobody gives what they have not.
#include "people.h"

namespace gatehouse::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class OwnKeys : public People {
 protected:
  OwnKeys() {
    ada_ = make("ada");
    bob_ = make("bob");
    make("boss", R"(,"role":"tenant-admin")");
    ada_token_ = login("ada").access;
    bob_token_ = login("bob").access;
    boss_token_ = login("boss").access;
  }
  const FakeExchange& add(const std::string& token, const std::string& more = "") {
    return post("/api/keys", R"({"name":"mine")" + more + "}", token);
  }
  const FakeExchange& patch(const std::string& id, const std::string& body, const std::string& token) {
    return ask(wire::Method::patch, "/api/keys/" + id, body, token);
  }
  const FakeExchange& rotate(const std::string& id, const std::string& token) { return post("/api/keys/" + id + "/rotate", "{}", token); }
  const FakeExchange& revoke(const std::string& id, const std::string& token) {
    return ask(wire::Method::delete_, "/api/keys/" + id, "", token);
  }
  std::string operators_key(const std::string& more) {
    const FakeExchange& made = post("/api/admin/keys", R"({"tenant_id":"demo","name":"theirs")" + more + "}", operator_);
    EXPECT_EQ(made.status(), 201) << made.sent();
    key_ = member(made, "key");
    return member(made, "id");
  }
  static std::string refusal(const FakeExchange& answer) {
    return std::to_string(answer.status()) + " " + member(answer, "type") + " " + member(answer, "param");
  }

  std::string ada_, bob_, ada_token_, bob_token_, boss_token_, key_;
};

TEST_F(OwnKeys, AreMadeShownOnceAndUsed) {
  const FakeExchange& made = add(ada_token_, R"(,"expires_in":30,"scopes":["llm"],"cidrs":["127.0.0.0/8"])");
  ASSERT_EQ(made.status(), 201) << made.sent();
  EXPECT_EQ(member(made, "user_id"), ada_);
  EXPECT_EQ(member(made, "tenant_id"), "demo");
  EXPECT_EQ(member(made, "expires_at"), "2023-12-14T22:13:20Z");
  const std::string key = member(made, "key"), id = member(made, "id");
  EXPECT_EQ(get("/v1/models", key).status(), 200);
  const FakeExchange& listed = get("/api/keys", ada_token_);
  EXPECT_THAT(listed.sent(), HasSubstr(id));
  EXPECT_THAT(listed.sent(), Not(HasSubstr(key)));
  EXPECT_EQ(member(patch(id, R"({"name":"another","is_active":false})", ada_token_), "name"), "another");
  EXPECT_EQ(get("/v1/models", key).status(), 401);
  EXPECT_EQ(patch(id, R"({"is_active":true})", ada_token_).status(), 200);
  const FakeExchange& rotated = rotate(id, ada_token_);
  EXPECT_EQ(member(rotated, "id"), id);
  EXPECT_EQ(get("/v1/models", member(rotated, "key")).status(), 200);
  EXPECT_EQ(get("/v1/models", key).status(), 200);
  EXPECT_EQ(revoke(id, ada_token_).status(), 204);
  EXPECT_EQ(get("/v1/models", key).status(), 401);
  EXPECT_EQ(get("/v1/models", member(rotated, "key")).status(), 401);
  EXPECT_EQ(refusal(patch(id, R"({"name":"x"})", ada_token_)), "409 key_is_revoked ");
}

TEST_F(OwnKeys, NameEverythingThatIsWrongAtOnce) {
  const FakeExchange& answer = post("/api/keys", R"({"name":"","expires_in":0,"expires":"9d","scopes":5})", ada_token_);
  EXPECT_EQ(answer.status(), 422);
  for (const char* path : {"/name", "/expires_in", "/expires", "/scopes"}) EXPECT_THAT(answer.sent(), HasSubstr(path));
  EXPECT_EQ(add(ada_token_, R"(,"expires_in":null,"user_id":null,"tenant_id":null,"scopes":null,"models":null)").status(), 201);
  EXPECT_EQ(add(ada_token_, R"(,"expires_in":1.5)").status(), 422);
  EXPECT_EQ(post("/api/keys", R"({"name":")" + std::string(101, 'x') + "\"}", ada_token_).status(), 422);
}

TEST_F(OwnKeys, OfOthersAreAsIfTheyWereNotThere) {
  const std::string id = member(add(ada_token_), "id");
  const FakeExchange& nobodys = patch("nobody", "{}", bob_token_);
  EXPECT_EQ(refusal(nobodys), "404 key_not_found ");
  for (const FakeExchange* answer : {&patch(id, "{}", bob_token_), &rotate(id, bob_token_), &revoke(id, bob_token_)}) {
    EXPECT_EQ(refusal(*answer), refusal(nobodys));
    EXPECT_EQ(member(*answer, "message"), member(nobodys, "message"));
  }
  EXPECT_THAT(get("/api/keys", bob_token_).sent(), HasSubstr("\"data\":[]"));
  EXPECT_THAT(get("/api/keys?user_id=" + ada_, bob_token_).sent(), HasSubstr("\"data\":[]"));
  EXPECT_EQ(refusal(add(bob_token_, ",\"user_id\":\"" + ada_ + "\"")), "404 user_not_found ");
  EXPECT_EQ(refusal(add(bob_token_, R"(,"tenant_id":"system")")), "404 tenant_not_found ");
  EXPECT_THAT(get("/api/keys", ada_token_).sent(), HasSubstr("\"version\":1"));
}

TEST_F(OwnKeys, HaveNoMoreThanTheRoleOfTheirUser) {
  EXPECT_EQ(refusal(add(ada_token_, R"(,"scopes":["llm","tenant:admin"])")), "403 scope_not_allowed tenant:admin");
  EXPECT_EQ(refusal(add(ada_token_, R"(,"scopes":["platform:admin"])")).substr(0, 3), "422");
  EXPECT_EQ(refusal(add(ada_token_, R"(,"scopes":["flying"])")).substr(0, 3), "422");
  EXPECT_EQ(refusal(add(boss_token_, ",\"user_id\":\"" + ada_ + R"(","scopes":["audit:read"])")), "403 scope_not_allowed audit:read");
  const std::string id = member(add(ada_token_, R"(,"scopes":["llm"])"), "id");
  EXPECT_EQ(refusal(patch(id, R"({"scopes":["audit:read"]})", ada_token_)), "403 scope_not_allowed audit:read");
  EXPECT_EQ(refusal(patch(id, R"({"scopes":["audit:read"]})", boss_token_)), "403 scope_not_allowed audit:read");
  EXPECT_EQ(patch(id, R"({"scopes":["ner","usage:read"]})", ada_token_).status(), 200);
  // What nobody named is what the tenant gives, as far as the role goes.
  EXPECT_EQ(ask(wire::Method::patch, "/api/admin/tenants/demo", R"({"scopes":["llm","audit:read"]})", operator_).status(), 200);
  EXPECT_THAT(add(ada_token_).sent(), HasSubstr(R"("scopes":["llm"])"));
  EXPECT_THAT(add(boss_token_).sent(), HasSubstr(R"("scopes":["llm","audit:read"])"));
}

TEST_F(OwnKeys, AreSeenToByWhoAdministersTheTenant) {
  const std::string adas = member(add(ada_token_), "id"), tenants = operators_key("");
  const std::string listed = get("/api/keys", boss_token_).sent();
  EXPECT_THAT(listed, HasSubstr(adas));
  EXPECT_THAT(listed, HasSubstr(tenants));
  EXPECT_THAT(get("/api/keys?user_id=" + ada_, boss_token_).sent(), Not(HasSubstr(tenants)));
  EXPECT_EQ(member(add(boss_token_, ",\"user_id\":\"" + bob_ + "\""), "user_id"), bob_);
  EXPECT_EQ(refusal(add(boss_token_, R"(,"user_id":"nobody")")), "404 user_not_found ");
  EXPECT_EQ(rotate(adas, boss_token_).status(), 200);
  EXPECT_EQ(revoke(adas, boss_token_).status(), 204);
  const FakeExchange& elsewhere = post("/api/admin/tenants", R"({"tenant_id":"elsewhere"})", operator_);
  EXPECT_EQ(elsewhere.status(), 201);
  EXPECT_THAT(get("/api/keys?tenant=elsewhere", boss_token_).sent(), Not(HasSubstr("elsewhere")));
}

TEST_F(OwnKeys, AreSeenToByKeysThatMay) {
  const std::string writer = operators_key(R"(,"scopes":["llm","keys:write"],"models":["scripted"])");
  const std::string writers_key = key_;
  const std::string stronger = operators_key(R"(,"scopes":["llm","tenant:admin"])");
  const FakeExchange& made = add(writers_key, R"(,"scopes":["llm"],"models":["scripted"])");
  EXPECT_EQ(made.status(), 201) << made.sent();
  EXPECT_THAT(made.sent(), HasSubstr("\"user_id\":null"));
  EXPECT_EQ(refusal(add(writers_key, R"(,"scopes":["usage:read"],"models":["scripted"])")), "403 scope_not_allowed usage:read");
  EXPECT_EQ(refusal(add(writers_key, R"(,"scopes":["llm"])")), "403 model_not_allowed models");
  // Not by way of another key that may do more.
  EXPECT_EQ(refusal(rotate(stronger, writers_key)), "403 scope_not_allowed tenant:admin");
  EXPECT_EQ(rotate(writer, writers_key).status(), 200);
  operators_key(R"(,"scopes":["llm"])");
  EXPECT_EQ(refusal(get("/api/keys", key_)), "403 scope_missing keys:write");
}

TEST_F(OwnKeys, OfAUserSeeToThatUsersAlone) {
  const FakeExchange& made = add(ada_token_, R"(,"scopes":["llm","keys:write"])");
  const std::string key = member(made, "key");
  const std::string bobs = member(add(bob_token_), "id");
  EXPECT_THAT(get("/api/keys", key).sent(), Not(HasSubstr(bobs)));
  EXPECT_EQ(revoke(bobs, key).status(), 404);
  EXPECT_EQ(member(add(key, R"(,"scopes":["llm"])"), "user_id"), ada_);
  EXPECT_EQ(refusal(add(key, R"(,"scopes":["usage:read"])")), "403 scope_not_allowed usage:read");
}

TEST_F(OwnKeys, AreNotMoreThanAHundredAUser) {
  std::string last;
  for (int n = 0; n < 100; ++n) last = member(add(ada_token_, R"(,"scopes":["llm"])"), "id");
  EXPECT_EQ(refusal(add(ada_token_)), "409 too_many_keys ");
  EXPECT_EQ(add(bob_token_).status(), 201);
  EXPECT_EQ(revoke(last, ada_token_).status(), 204);
  EXPECT_EQ(add(ada_token_).status(), 201);
}

TEST_F(OwnKeys, MaySignRequests) { EXPECT_EQ(member(add(ada_token_, R"(,"signing":true)"), "signing_secret").size(), 43U); }

TEST_F(OwnKeys, AreOnRecord) {
  const std::string id = member(add(ada_token_), "id");
  EXPECT_EQ(rotate(id, ada_token_).status(), 200);
  EXPECT_EQ(revoke(id, ada_token_).status(), 204);
  const std::string trail = get("/api/admin/audit?user_id=" + ada_, operator_).sent();
  for (const char* action : {"create_api_key", "rotate_api_key", "revoke_api_key"}) EXPECT_THAT(trail, HasSubstr(action));
  EXPECT_EQ(count(trail, "\"resource_id\":\"" + id + "\""), 3U);
}

}  // namespace
}  // namespace gatehouse::testing
