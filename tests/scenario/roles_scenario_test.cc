// A tenant's own roles: made by administrators, held by users, and what they keep those from.
#include "people.h"

namespace gatehouse::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class RolesOverHttp : public People {
 protected:
  static constexpr const char* roles = "/api/admin/roles";
  const FakeExchange& patch(const std::string& path, const std::string& body, const std::string& token, const std::string& version = "") {
    std::vector<std::pair<std::string, std::string>> fields;
    if (!version.empty()) fields.emplace_back("If-Match", version);
    return ask(wire::Method::patch, path, body, token, std::move(fields));
  }
  void make_role(const std::string& more, const std::string& name = "analyst") {
    const FakeExchange& made = post(roles, R"({"tenant_id":"demo","name":")" + name + "\"" + more + "}", operator_);
    ASSERT_EQ(made.status(), 201) << made.sent();
  }
  const FakeExchange& remove(const std::string& name, const std::string& token, const std::string& query = "?tenant=demo") {
    return ask(wire::Method::delete_, std::string(roles) + "/" + name + query, "", token);
  }
  const FakeExchange& chat(const std::string& token, const std::string& more = "") {
    return post("/v1/chat/completions", R"({"messages":[{"role":"user","content":"say:Hi"}])" + more + "}", token);
  }
  // The rules in the access log, whose lines end here.
  std::vector<std::string> logged_rules() {
    const std::string text = world_.close_access_log();
    std::vector<std::string> rules;
    const std::string start = R"("rule":")";
    for (std::size_t at = text.find(start); at != std::string::npos; at = text.find(start, at + 1)) {
      rules.push_back(text.substr(at + start.size(), text.find('"', at + start.size()) - at - start.size()));
    }
    return rules;
  }
};

TEST_F(RolesOverHttp, AreMadeShownChangedAndRemoved) {
  const FakeExchange& made =
      post(roles, R"({"tenant_id":"demo","name":"analyst","scopes":["llm"],"models":["scripted"],"max_tokens":64,"temperature":0.5})",
           operator_);
  ASSERT_EQ(made.status(), 201) << made.sent();
  for (const char* fact : {R"("id":"demo/analyst","tenant_id":"demo","name":"analyst","scopes":["llm"])",
                           R"("models":["scripted"],"max_tokens":64,"n":null,"temperature":0.5,"created_at":"2)", R"("version":1})"}) {
    EXPECT_THAT(made.sent(), HasSubstr(fact));
  }
  const std::string one = std::string(roles) + "/analyst?tenant=demo";
  EXPECT_EQ(get(one, operator_).sent(), made.sent());
  EXPECT_EQ(post(roles, R"({"tenant_id":"demo","name":"analyst"})", operator_).status(), 409);
  const FakeExchange& changed = patch(one, R"({"temperature":null,"n":1})", operator_, "\"1\"");
  EXPECT_EQ(changed.status(), 200);
  EXPECT_THAT(changed.sent(), HasSubstr(R"("max_tokens":64,"n":1,"temperature":null)"));
  EXPECT_EQ(patch(one, R"({"n":2})", operator_, "\"1\"").status(), 409);
  EXPECT_THAT(get(std::string(roles) + "?tenant=demo", operator_).sent(), HasSubstr(R"("version":2}],"has_more":false)"));
  EXPECT_EQ(member(ask(wire::Method::delete_, one, "", operator_, {{"If-Match", "\"1\""}}), "type"), "version_conflict");
  EXPECT_EQ(ask(wire::Method::delete_, one, "", operator_, {{"If-Match", "\"2\""}}).status(), 204);
  EXPECT_EQ(remove("analyst", operator_).status(), 404);
  EXPECT_EQ(get(one, operator_).status(), 404);
}

TEST_F(RolesOverHttp, GiveWhatMembersHaveWhereNothingIsSaid) {
  const FakeExchange& made = post(roles, R"({"tenant_id":"demo","name":"analyst"})", operator_);
  EXPECT_THAT(made.sent(), HasSubstr(R"("scopes":["llm","embeddings","rerank","predict","nlu","usage:read","keys:write"])"));
  make("ada", R"(,"role":"analyst")");
  EXPECT_EQ(post("/api/keys", R"({"name":"x"})", login("ada").access).status(), 201);
  ASSERT_EQ(patch("/api/admin/tenants/demo", R"({"scopes":["ner","llm"]})", operator_).status(), 200);
  const FakeExchange& less = post(roles, R"({"tenant_id":"demo","name":"other"})", operator_);
  EXPECT_THAT(less.sent(), HasSubstr(R"("scopes":["llm","ner","usage:read","keys:write"])"));
}

TEST_F(RolesOverHttp, HoldEachNameOnceAndAreNotMoreThanAHundred) {
  const FakeExchange& made = post(
      roles, R"({"tenant_id":"demo","name":"r0","scopes":["usage:read","llm","llm"],"tasks":["re","ner","re"],"models":["b","a","b"]})",
      operator_);
  EXPECT_THAT(made.sent(), HasSubstr(R"("scopes":["llm","usage:read"],"tasks":["ner","re"],"models":["a","b"])"));
  for (int n = 1; n < 100; ++n) make_role("", "r" + std::to_string(n));
  const FakeExchange& refused = post(roles, R"({"tenant_id":"demo","name":"one-more"})", operator_);
  EXPECT_EQ(refused.status(), 409);
  EXPECT_EQ(member(refused, "type"), "too_many_roles");
  EXPECT_EQ(get(std::string(roles) + "/one-more?tenant=demo", operator_).status(), 404);
}

TEST_F(RolesOverHttp, WorkAlsoWhenTheClockHasSteppedBack) {
  world_.clock.advance(std::chrono::hours(1));
  ASSERT_EQ(post("/api/admin/tenants", R"({"tenant_id":"other"})", operator_).status(), 201);
  world_.clock.advance(-std::chrono::hours(1));
  const FakeExchange& key = post("/api/admin/keys", R"({"tenant_id":"other","name":"x"})", operator_);
  EXPECT_EQ(get("/v1/models", member(key, "key")).status(), 200);
  ASSERT_EQ(post(roles, R"({"tenant_id":"other","name":"theirs"})", operator_).status(), 201);
  EXPECT_EQ(post("/api/admin/users", R"({"tenant_id":"other","username":"eve","role":"theirs"})", operator_).status(), 201);
}

TEST_F(RolesOverHttp, AreOnRecordAsTheTenantsWhoseTheyAre) {
  make_role("");
  const std::string one = std::string(roles) + "/analyst?tenant=demo";
  ASSERT_EQ(patch(one, R"({"n":2})", operator_).status(), 200);
  ASSERT_EQ(remove("analyst", operator_).status(), 204);
  const std::string trail = get("/api/admin/audit", operator_).sent();
  for (const char* action : {"create_role", "update_role", "delete_role"}) EXPECT_THAT(trail, HasSubstr(action));
  EXPECT_EQ(count(trail, R"("resource_type":"role","resource_id":"demo/analyst")"), 3U);
}

TEST_F(RolesOverHttp, AreListedPageByPage) {
  for (const char* name : {"b", "a", "c"}) make_role("", name);
  const FakeExchange& first = get(std::string(roles) + "?limit=2", operator_);
  EXPECT_THAT(first.sent(), HasSubstr(R"("has_more":true)"));
  EXPECT_THAT(first.sent(), Not(HasSubstr("demo/c")));
  const FakeExchange& rest = get(std::string(roles) + "?limit=2&after=demo/b", operator_);
  EXPECT_THAT(rest.sent(), HasSubstr("demo/c"));
  EXPECT_THAT(rest.sent(), HasSubstr(R"("has_more":false)"));
}

TEST_F(RolesOverHttp, SayWhichFieldIsWrong) {
  for (const char* wrong :
       {R"("name":"member")", R"("name":"An Analyst")", R"("name":"a","scopes":["root"])", R"("name":"a","tasks":["llm"])",
        R"("name":"a","scopes":["platform:admin"])", R"("name":"a","max_tokens":0)", R"("name":"a","rate":"1/1s")"}) {
    const FakeExchange& refused = post(roles, std::string(R"({"tenant_id":"demo",)") + wrong + "}", operator_);
    EXPECT_EQ(refused.status(), 422) << wrong << refused.sent();
    EXPECT_THAT(refused.sent(), HasSubstr(R"("details":[{"path":"/)")) << wrong;
  }
  EXPECT_EQ(post(roles, R"({"tenant_id":"nobody","name":"a"})", operator_).status(), 404);
}

TEST_F(RolesOverHttp, BoundWhatTheirUsersMayDo) {
  make_role(R"(,"scopes":["llm"],"models":["scripted"],"max_tokens":8,"n":1,"temperature":0.5)");
  make("ada", R"(,"role":"analyst")");
  const LoginTokens ada = login("ada");
  EXPECT_THAT(get("/api/auth/me", ada.access).sent(), HasSubstr(R"("role":"analyst")"));
  EXPECT_EQ(chat(ada.access).status(), 200);
  EXPECT_EQ(world_.engine.last_prompt().sampling.temperature, 0.5F) << "the default lies above";
  EXPECT_EQ(get("/api/usage", ada.access).status(), 403);
  const FakeExchange& long_one = chat(ada.access, R"(,"max_tokens":9)");
  EXPECT_EQ(long_one.status(), 400);
  EXPECT_EQ(member(long_one, "message"), "max_tokens may be at most 8 for your role");
  EXPECT_EQ(member(long_one, "param"), "max_tokens");
  EXPECT_EQ(chat(ada.access, R"(,"max_tokens":8,"temperature":0.5,"n":1)").status(), 200);
  EXPECT_EQ(chat(ada.access, R"(,"temperature":0.6)").status(), 400);
  EXPECT_EQ(chat(ada.access, R"(,"temperature":null)").status(), 200);
  EXPECT_EQ(chat(ada.access, R"(,"n":2)").status(), 400);
  const FakeExchange& generated = post("/api/llm/generate", R"({"prompt":"say:Hi","max_tokens":9})", ada.access);
  EXPECT_EQ(generated.status(), 422);
  EXPECT_THAT(generated.sent(), HasSubstr(R"("details":[{"path":"/max_tokens")"));
  EXPECT_EQ(post("/api/llm/generate", R"({"prompt":"say:Hi"})", ada.access).status(), 200) << "100 by default, and lowered";
  EXPECT_EQ(post("/v1/messages", R"({"max_tokens":9,"messages":[{"role":"user","content":"say:Hi"}]})", ada.access).status(), 400);
  EXPECT_EQ(post("/v1/completions", R"({"prompt":"say:Hi"})", ada.access).status(), 200) << "16 by default, and lowered";
  EXPECT_THAT(logged_rules(), ::testing::ElementsAre("scope.missing", "role.max_tokens", "role.temperature", "role.n", "role.max_tokens",
                                                     "role.max_tokens"));
}

TEST_F(RolesOverHttp, LeaveOutModels) {
  make_role(R"(,"models":[])");
  make("ada", R"(,"role":"analyst")");
  const LoginTokens ada = login("ada");
  EXPECT_EQ(member(chat(ada.access), "code"), "model_not_allowed");
  EXPECT_THAT(get("/v1/models", ada.access).sent(), HasSubstr(R"("data":[])"));
  EXPECT_EQ(get("/v1/models/scripted", ada.access).status(), 403);
  EXPECT_EQ(get("/v1/models/none", ada.access).status(), 404);
  ASSERT_EQ(patch("/api/admin/tenants/demo", R"({"models":["other"]})", operator_).status(), 200);
  EXPECT_EQ(get("/v1/models/scripted", ada.access).status(), 404) << "what the tenant has not does not exist";
}

TEST_F(RolesOverHttp, AChangeHoldsAtOnceForWhatWasIssuedBefore) {
  make_role(R"(,"max_tokens":8)");
  make("ada", R"(,"role":"analyst")");
  const LoginTokens ada = login("ada");
  EXPECT_EQ(chat(ada.access, R"(,"max_tokens":9)").status(), 400);
  const std::string one = std::string(roles) + "/analyst?tenant=demo";
  ASSERT_EQ(patch(one, R"({"max_tokens":null})", operator_).status(), 200);
  EXPECT_EQ(chat(ada.access, R"(,"max_tokens":9)").status(), 200);
  ASSERT_EQ(patch(one, R"({"scopes":["usage:read"]})", operator_).status(), 200);
  EXPECT_EQ(chat(ada.access).status(), 403);
  EXPECT_EQ(get("/api/usage", ada.access).status(), 200);
  const LoginTokens again = login("ada");
  ASSERT_EQ(patch(one, R"({"scopes":["llm"]})", operator_).status(), 200);
  EXPECT_EQ(get("/api/usage", again.access).status(), 403);
  EXPECT_EQ(chat(again.access).status(), 403) << "the token was issued for less";
  const FakeExchange& next = refresh(again.refresh);
  EXPECT_EQ(chat(member(next, "access_token")).status(), 200) << "and the next one for what the role gives now";
}

TEST_F(RolesOverHttp, StayAsLongAsUsersHaveThem) {
  make_role("");
  const std::string id = make("ada", R"(,"role":"analyst")");
  const FakeExchange& refused = remove("analyst", operator_);
  EXPECT_EQ(refused.status(), 409);
  EXPECT_EQ(member(refused, "type"), "role_in_use");
  ASSERT_EQ(patch("/api/admin/users/" + id, R"({"role":"member"})", operator_).status(), 200);
  EXPECT_EQ(remove("analyst", operator_).status(), 204);
  const FakeExchange& gone = patch("/api/admin/users/" + id, R"({"role":"analyst"})", operator_);
  EXPECT_EQ(gone.status(), 422);
  EXPECT_THAT(gone.sent(), HasSubstr(R"("path":"/role")"));
}

TEST_F(RolesOverHttp, OfAnotherTenantAreAsIfTheyWereNotThere) {
  ASSERT_EQ(post("/api/admin/tenants", R"({"tenant_id":"other"})", operator_).status(), 201);
  ASSERT_EQ(post(roles, R"({"tenant_id":"other","name":"theirs"})", operator_).status(), 201);
  make_role("", "ours");
  make("chief", R"(,"role":"tenant-admin")");
  const LoginTokens chief = login("chief");
  const auto same = [&](wire::Method method, const std::string& body) {
    std::vector<std::string> answers;
    for (const char* path : {"/theirs?tenant=other", "/none?tenant=other", "/none?tenant=nobody", "/theirs", "/ours?tenant=other"}) {
      const FakeExchange& answer = ask(method, std::string(roles) + path, body, chief.access);
      EXPECT_EQ(answer.status(), 404) << path;
      answers.push_back(member(answer, "message") + member(answer, "type") + member(answer, "param"));
    }
    for (const std::string& answer : answers) EXPECT_EQ(answer, answers.front());
  };
  same(wire::Method::get, "");
  same(wire::Method::patch, R"({"n":1})");
  same(wire::Method::delete_, "");
  EXPECT_EQ(get(std::string(roles) + "/ours", chief.access).status(), 200);
  EXPECT_EQ(post(roles, R"({"tenant_id":"other","name":"mine"})", chief.access).status(), 404);
  EXPECT_THAT(post(roles, R"({"name":"mine"})", chief.access).sent(), HasSubstr(R"("id":"demo/mine")"));
  EXPECT_THAT(get(roles, chief.access).sent(), Not(HasSubstr("theirs")));
  EXPECT_THAT(get(std::string(roles) + "?tenant=other", chief.access).sent(), HasSubstr(R"("data":[])"));
  EXPECT_EQ(post("/api/admin/users", R"({"username":"eve","role":"theirs"})", chief.access).status(), 422);
}

TEST_F(RolesOverHttp, NobodyMakesOrGivesMoreThanTheyHave) {
  make_role(R"(,"scopes":["tenant:admin","llm"],"max_tokens":8)", "people");
  make_role(R"(,"scopes":["llm"],"max_tokens":8)", "narrow");
  make_role(R"(,"scopes":["llm"])", "wide");
  const std::string ada = make("ada", R"(,"role":"people")"), bob = make("bob", R"(,"role":"narrow")"),
                    chief = make("chief", R"(,"role":"tenant-admin")");
  const LoginTokens in = login("ada");
  const auto denied = [&](const FakeExchange& answer) { return answer.status() == 403 && member(answer, "type") == "role_not_allowed"; };
  EXPECT_TRUE(denied(post(roles, R"({"name":"a","scopes":["keys:write"],"max_tokens":8})", in.access)));
  EXPECT_TRUE(denied(post(roles, R"({"name":"a","scopes":["llm"],"max_tokens":9})", in.access)));
  EXPECT_TRUE(denied(patch(std::string(roles) + "/people", R"({"max_tokens":null})", in.access)));
  EXPECT_TRUE(denied(patch(std::string(roles) + "/wide", R"({"max_tokens":1})", in.access))) << "it gives more than they have";
  EXPECT_TRUE(denied(remove("wide", in.access, "")));
  EXPECT_TRUE(denied(patch("/api/admin/users/" + bob, R"({"role":"wide"})", in.access)));
  EXPECT_TRUE(denied(patch("/api/admin/users/" + ada, R"({"role":"tenant-admin"})", in.access)));
  EXPECT_TRUE(denied(post("/api/admin/users", R"({"username":"eve"})", in.access))) << "a member has no ceiling";
  EXPECT_TRUE(denied(post("/api/admin/invitations", R"({"role":"tenant-admin"})", in.access)));
  EXPECT_TRUE(denied(post("/api/admin/users/" + chief + "/password", "{}", in.access))) << "who would then be them";
  EXPECT_TRUE(denied(post("/api/admin/users/" + chief + "/reset", "{}", in.access)));
  EXPECT_EQ(patch("/api/admin/users/" + bob, R"({"role":"people"})", in.access).status(), 200);
  EXPECT_EQ(post(roles, R"({"name":"a","scopes":["llm"],"max_tokens":8})", in.access).status(), 201);
  EXPECT_EQ(remove("a", in.access, "").status(), 204);
  const LoginTokens top = login("chief");
  EXPECT_EQ(post("/api/admin/users/" + ada + "/reset", "{}", top.access).status(), 201);
  EXPECT_EQ(patch("/api/admin/users/" + ada, R"({"role":"wide"})", top.access).status(), 200);
  EXPECT_EQ(me(in.access), "token_revoked") << "another role ends what was issued for the one before";
}

TEST_F(RolesOverHttp, NobodyGetsMoreThanTheyHaveByWayOfAKey) {
  make_role(R"(,"scopes":["tenant:admin","llm"],"max_tokens":8)", "people");
  make_role(R"(,"scopes":["llm"],"max_tokens":8)", "narrow");
  make("ada", R"(,"role":"people")");
  const std::string bob = make("bob", R"(,"role":"narrow")"), mia = make("mia"), chief = make("chief", R"(,"role":"tenant-admin")");
  const LoginTokens in = login("ada"), top = login("chief");
  const auto key_for = [&](const std::string& user, const std::string& scopes, const std::string& token) -> const FakeExchange& {
    return post("/api/keys", R"({"name":"x","scopes":[)" + scopes + "]" + (user.empty() ? "" : R"(,"user_id":")" + user + "\"") + "}",
                token);
  };
  const auto refusal = [](const FakeExchange& answer) {
    return std::to_string(answer.status()) + " " + member(answer, "type") + " " + member(answer, "param");
  };
  const std::string above = "403 role_not_allowed user_id";
  EXPECT_EQ(refusal(key_for(chief, R"("tenant:admin")", in.access)), above) << "who has it is the tenant's administrator";
  EXPECT_EQ(refusal(key_for(mia, R"("llm")", in.access)), above) << "a member has no ceiling";
  const std::string tenants = member(post("/api/admin/keys", R"({"tenant_id":"demo","name":"t","scopes":["llm"]})", operator_), "id");
  const std::string chiefs = member(key_for("", R"("llm")", top.access), "id");
  for (const std::string& id : {tenants, chiefs}) {
    const std::string one = "/api/keys/" + id;
    EXPECT_EQ(refusal(patch(one, R"({"scopes":["llm","tenant:admin"]})", in.access)), above);
    EXPECT_EQ(refusal(post(one + "/rotate", "{}", in.access)), above);
    EXPECT_EQ(refusal(ask(wire::Method::delete_, one, "", in.access)), above);
  }
  EXPECT_THAT(get("/api/keys", in.access).sent(), HasSubstr(tenants)) << "they see it all the same";
  const FakeExchange& bobs = key_for(bob, R"("llm")", in.access);
  EXPECT_EQ(bobs.status(), 201) << bobs.sent();
  EXPECT_EQ(post("/api/keys/" + member(bobs, "id") + "/rotate", "{}", in.access).status(), 200);
  const FakeExchange& own = key_for("", R"("llm","tenant:admin")", in.access);
  EXPECT_EQ(own.status(), 201) << own.sent();
  EXPECT_EQ(chat(member(own, "key"), R"(,"max_tokens":9)").status(), 400);
  EXPECT_EQ(post("/api/keys/" + tenants + "/rotate", "{}", top.access).status(), 200);
  EXPECT_EQ(ask(wire::Method::delete_, "/api/keys/" + tenants, "", top.access).status(), 204);
  // What was granted before their role gave less.
  ASSERT_EQ(patch(std::string(roles) + "/people?tenant=demo", R"({"scopes":["tenant:admin"]})", operator_).status(), 200);
  EXPECT_EQ(refusal(key_for(mia, R"("llm")", in.access)), above);
  EXPECT_EQ(refusal(key_for("", R"("llm")", in.access)), "403 scope_not_allowed llm");
  EXPECT_EQ(refusal(post("/api/keys/" + member(own, "id") + "/rotate", "{}", in.access)), "403 scope_not_allowed llm");
}

TEST_F(RolesOverHttp, AreTheirAdministratorsAlsoWhereTheTenantHasLessNow) {
  make_role(R"(,"scopes":["llm","usage:read"])");
  make("chief", R"(,"role":"tenant-admin")");
  ASSERT_EQ(patch("/api/admin/tenants/demo", R"({"scopes":["usage:read"]})", operator_).status(), 200);
  const LoginTokens chief = login("chief");
  const std::string one = std::string(roles) + "/analyst";
  EXPECT_EQ(patch(one, R"({"max_tokens":8})", chief.access).status(), 200);
  EXPECT_EQ(patch(one, R"({"scopes":["llm"]})", chief.access).status(), 422) << "the tenant has it not";
  EXPECT_EQ(patch(one, R"({"scopes":["usage:read"]})", chief.access).status(), 200);
  EXPECT_EQ(remove("analyst", chief.access, "").status(), 204);
}

TEST_F(RolesOverHttp, WhoBecomesMoreBeginsAnew) {
  make_role(R"(,"scopes":["tenant:admin","llm"],"max_tokens":8)", "people");
  make_role(R"(,"scopes":["llm"],"max_tokens":8)", "narrow");
  make("ada", R"(,"role":"people")");
  const std::string bob = make("bob", R"(,"role":"narrow")"), one = "/api/admin/users/" + bob;
  const LoginTokens ada = login("ada"), before = login("bob");
  const FakeExchange& planted = post(one + "/reset", R"({"expires":"30d"})", ada.access);
  ASSERT_EQ(planted.status(), 201) << planted.sent();
  ASSERT_EQ(patch(one, R"({"role":"tenant-admin"})", operator_).status(), 200);
  const FakeExchange& used =
      post("/api/auth/reset", R"({"token":")" + member(planted, "reset_token") + R"(","new_password":"one that ada has chosen"})");
  EXPECT_EQ(member(used, "type"), "reset_token_invalid");
  EXPECT_EQ(refresh(before.refresh).status(), 401);
  const LoginTokens chief = login("bob");
  ASSERT_EQ(patch(one, R"({"role":"narrow"})", operator_).status(), 200);
  EXPECT_EQ(me(chief.access), "token_revoked");
  EXPECT_EQ(refresh(chief.refresh).status(), 200) << "who becomes less goes on";
}

TEST_F(RolesOverHttp, WhoIsDeletedIsTheOneThatWasSeen) {
  const std::string one = "/api/admin/users/" + make("ada");
  ASSERT_EQ(patch(one, R"({"email":"ada@example.org"})", operator_).status(), 200);
  EXPECT_EQ(member(ask(wire::Method::delete_, one, "", operator_, {{"If-Match", "\"1\""}}), "type"), "version_conflict");
  EXPECT_EQ(ask(wire::Method::delete_, one, "", operator_, {{"If-Match", "\"2\""}}).status(), 204);
  EXPECT_EQ(get(one, operator_).status(), 404);
}

TEST_F(RolesOverHttp, ThePlatformMakesKeysOfOtherTenants) {
  const FakeExchange& made =
      post("/api/admin/users", R"({"username":"root","role":"platform-admin","password":")" + password_ + "\"}", operator_);
  ASSERT_EQ(made.status(), 201) << made.sent();
  const std::string root = login("root").access;
  EXPECT_EQ(member(post("/api/keys", R"({"name":"x"})", root), "user_id"), member(made, "id"));
  const FakeExchange& theirs = post("/api/keys", R"({"name":"x","tenant_id":"demo","scopes":["llm"]})", root);
  EXPECT_EQ(theirs.status(), 201) << theirs.sent();
  EXPECT_THAT(theirs.sent(), HasSubstr(R"("tenant_id":"demo","user_id":null)"));
}

TEST_F(RolesOverHttp, AnInvitationToARoleThatIsGoneIsNone) {
  make_role("");
  const FakeExchange& invited = post("/api/admin/invitations", R"({"tenant_id":"demo","role":"analyst"})", operator_);
  ASSERT_EQ(invited.status(), 201) << invited.sent();
  const auto enrol = [&](const std::string& name, const FakeExchange& with) -> const FakeExchange& {
    return post("/api/auth/register", R"({"username":")" + name + R"(","email":")" + name + R"(@example.org","password":")" + password_ +
                                          R"(","invitation":")" + member(with, "invitation") + "\"}");
  };
  EXPECT_THAT(enrol("ada", invited).sent(), HasSubstr(R"("role":"analyst")"));
  make_role("", "other");
  const FakeExchange& late = post("/api/admin/invitations", R"({"tenant_id":"demo","role":"other"})", operator_);
  ASSERT_EQ(remove("other", operator_).status(), 204);
  EXPECT_EQ(enrol("bob", late).status(), 400);
  EXPECT_EQ(post("/api/admin/invitations", R"({"tenant_id":"demo","role":"other"})", operator_).status(), 422);
}

}  // namespace
}  // namespace gatehouse::testing
