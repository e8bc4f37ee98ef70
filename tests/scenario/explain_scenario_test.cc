// What explain says beside what is then decided.
#include "people.h"

namespace gatehouse::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Explained : public People {
 protected:
  const FakeExchange& explain(const std::string& credential, const std::string& route, const std::string& more = "",
                              const std::string& asker = "") {
    return post("/api/admin/explain", R"({"credential":")" + credential + R"(","route":")" + route + "\"" + more + "}",
                asker.empty() ? operator_ : asker);
  }
  std::string verdict(const std::string& credential, const std::string& route, const std::string& more = "") {
    const FakeExchange& answer = explain(credential, route, more);
    EXPECT_EQ(answer.status(), 200) << answer.sent();
    const bool allowed = answer.sent().starts_with(R"({"allowed":true)");
    return allowed ? "allowed" : member(answer, "rule");
  }
  static constexpr const char* chat = "POST /v1/chat/completions";
};

TEST_F(Explained, SaysStepByStepWhatWouldBeDecided) {
  const FakeExchange& allowed = explain(world_.key(), chat);
  EXPECT_THAT(
      allowed.sent(),
      ::testing::StartsWith(R"({"allowed":true,"status":200,"rule":null,"message":"It would be allowed","principal":{"tenant_id":"demo")"));
  for (const char* check : {"route", "credential", "address", "scope", "model", "server ceilings", "role ceilings"}) {
    EXPECT_THAT(allowed.sent(), HasSubstr(std::string(R"({"check":")") + check + R"(","passed":true,"rule":null)")) << check;
  }
  const FakeExchange& refused = explain(world_.key(), "GET /api/admin/tenants");
  EXPECT_THAT(refused.sent(), HasSubstr(R"({"allowed":false,"status":403,"rule":"scope.missing","message":"Not enough permissions")"));
  EXPECT_THAT(refused.sent(),
              HasSubstr(R"x({"check":"scope","passed":false,"rule":"scope.missing","detail":"Not enough permissions (platform:admin)"})x"));
  EXPECT_THAT(refused.sent(), Not(HasSubstr(world_.key()))) << "the credential is not said again";
}

TEST_F(Explained, NamesTheRuleOfEachStep) {
  EXPECT_EQ(verdict(world_.key(), chat), "allowed");
  EXPECT_EQ(verdict("gh_nothing", chat), "credential.invalid");
  EXPECT_EQ(verdict("a.b.c", chat), "credential.invalid");
  EXPECT_EQ(verdict(operator_, "POST /api/llm/generate/api-key"), "credential.missing") << "takes a key alone";
  EXPECT_EQ(verdict(world_.key(), chat, R"(,"model":"none")"), "model.not_found");
  EXPECT_EQ(verdict(world_.key(), "GET /v1/models/none"), "model.not_found");
  EXPECT_EQ(verdict(world_.key(), "GET /v1/models/scripted"), "allowed");
  EXPECT_EQ(verdict("", "POST /api/auth/login"), "allowed") << "looks at no credential";
  EXPECT_THAT(explain(world_.key(), "GET /nothing").sent(), HasSubstr(R"("status":404)"));
  EXPECT_THAT(explain(world_.key(), "DELETE /v1/models").sent(), HasSubstr(R"("status":405)"));
  for (const char* wrong : {"", "POST", "post /v1/models", "POST  /v1/models", "POST v1/models", "/v1/models"}) {
    EXPECT_EQ(explain(world_.key(), wrong).status(), 422) << wrong;
  }
}

TEST_F(Explained, KnowsWhatARoleAllowsNow) {
  ASSERT_EQ(post("/api/admin/roles", R"({"tenant_id":"demo","name":"analyst","scopes":["llm"],"max_tokens":8,"n":1,"temperature":0.5})",
                 operator_)
                .status(),
            201);
  const std::string id = make("ada", R"(,"role":"analyst")");
  const std::string token = login("ada").access;
  EXPECT_EQ(verdict(token, chat), "allowed");
  EXPECT_THAT(explain(token, chat).sent(), HasSubstr("\"user_id\":\"" + id + R"(","key_id":null,"role":"analyst","scopes":["llm"]})"));
  EXPECT_EQ(verdict(token, chat, R"(,"parameters":{"max_tokens":8,"n":1,"temperature":0.5})"), "allowed");
  EXPECT_EQ(verdict(token, chat, R"(,"parameters":{"max_tokens":9})"), "role.max_tokens");
  EXPECT_EQ(verdict(token, chat, R"(,"parameters":{"n":2})"), "role.n");
  EXPECT_EQ(verdict(token, chat, R"(,"parameters":{"temperature":0.6})"), "role.temperature");
  ASSERT_EQ(ask(wire::Method::patch, "/api/admin/roles/analyst?tenant=demo", R"({"models":[]})", operator_).status(), 200);
  EXPECT_EQ(verdict(token, chat), "model.not_allowed");
  ASSERT_EQ(ask(wire::Method::patch, "/api/admin/users/" + id, R"({"is_active":false})", operator_).status(), 200);
  EXPECT_EQ(verdict(token, chat), "user.inactive");
  EXPECT_THAT(explain(token, chat).sent(), HasSubstr(R"("detail":"Inactive user: user )" + id + "\""));
}

TEST_F(Explained, LooksWhetherWhatAPathNamesIsThere) {
  const std::string ada = make("ada");
  make("chief", R"(,"role":"tenant-admin")");
  const std::string chief = login("chief").access;
  EXPECT_EQ(verdict(chief, "GET /api/admin/users/" + ada), "allowed");
  EXPECT_EQ(verdict(chief, "PATCH /api/admin/users/nobody"), "user.not_found");
  EXPECT_EQ(verdict(chief, "DELETE /api/admin/roles/none"), "role.not_found");
  EXPECT_EQ(verdict(chief, "GET /api/auth/sessions"), "allowed");
  EXPECT_EQ(verdict(operator_, "DELETE /api/admin/keys/none"), "key.not_found");
  EXPECT_EQ(verdict(operator_, "GET /api/admin/tenants/none"), "tenant.not_found");
  EXPECT_EQ(verdict(operator_, "POST /api/admin/models/none/load"), "model.not_found");
  EXPECT_EQ(get("/api/admin/users/" + ada, chief).status(), 200) << "and nothing was done";
  EXPECT_EQ(verdict(operator_, "DELETE /api/admin/tenants/demo"), "allowed");
  EXPECT_THAT(explain(operator_, "DELETE /api/admin/tenants/system").sent(), HasSubstr(R"("allowed":false,"status":409)"));
  EXPECT_THAT(explain(operator_, "GET /api/admin/tenants").sent(), Not(HasSubstr("object"))) << "nothing was looked for";
}

TEST_F(Explained, LooksForKeysAsTheirRoutesDo) {
  ASSERT_EQ(post("/api/admin/roles", R"({"tenant_id":"demo","name":"people","scopes":["tenant:admin","llm"],"max_tokens":8})", operator_)
                .status(),
            201);
  make("ada");
  make("bob");
  make("eve", R"(,"role":"people")");
  const std::string ada = login("ada").access, bob = login("bob").access, eve = login("eve").access;
  const std::string id = member(post("/api/keys", R"({"name":"x","scopes":["llm"]})", ada), "id");
  ASSERT_FALSE(id.empty());
  const std::vector<std::string> routes{"PATCH /api/keys/" + id, "POST /api/keys/" + id + "/rotate", "DELETE /api/keys/" + id};
  for (const std::string& route : routes) {
    EXPECT_EQ(verdict(ada, route), "allowed") << route;
    EXPECT_EQ(verdict(bob, route), "key.not_found") << route;
    EXPECT_EQ(verdict(eve, route), "role.not_allowed") << route;
  }
  EXPECT_EQ(verdict(ada, "DELETE /api/keys/none"), "key.not_found");
  EXPECT_EQ(get("/api/keys", ada).status(), 200);
  ASSERT_EQ(ask(wire::Method::delete_, "/api/keys/" + id, "", ada).status(), 204);
  EXPECT_EQ(verdict(ada, routes[2]), "allowed") << "it may be said again";
  for (const std::string& credential : {ada, operator_}) {
    const std::string desk = credential == ada ? "/api/keys/" : "/api/admin/keys/";
    EXPECT_THAT(explain(credential, "PATCH " + desk + id).sent(), HasSubstr(R"("allowed":false,"status":409)"));
    EXPECT_THAT(explain(credential, "POST " + desk + id + "/rotate").sent(), HasSubstr(R"("allowed":false,"status":409)"));
  }
}

TEST_F(Explained, OfAnotherTenantsCredentialNothingIsSaid) {
  const FakeExchange& other = post("/api/admin/tenants", R"({"tenant_id":"other"})", operator_);
  ASSERT_EQ(other.status(), 201);
  make("chief", R"(,"role":"tenant-admin")");
  const std::string chief = login("chief").access;
  const std::string key = member(other, "api_key"), token = member(other, "token");
  std::string wrong = key;
  wrong.back() = wrong.back() == 'A' ? 'E' : 'A';
  const std::string unknown_key = explain(wrong, chat, "", chief).sent(), unknown_token = explain("e30.e30.AAAA", chat, "", chief).sent();
  EXPECT_THAT(unknown_key, HasSubstr(R"("rule":"credential.invalid")"));
  EXPECT_EQ(explain(key, chat, "", chief).sent(), unknown_key);
  EXPECT_EQ(explain(token, chat, "", chief).sent(), unknown_token);
  EXPECT_EQ(explain(operator_, chat, "", chief).sent(), unknown_token);
  ASSERT_EQ(ask(wire::Method::patch, "/api/admin/tenants/other", R"({"enabled":false})", operator_).status(), 200);
  EXPECT_EQ(explain(key, chat, "", chief).sent(), unknown_key) << "nor that it is switched off";
  EXPECT_EQ(explain(token, chat, "", chief).sent(), unknown_token);
  world_.clock.advance(std::chrono::days(366));
  const std::string again = login("chief").access;
  EXPECT_EQ(explain(token, chat, "", again).sent(), unknown_token) << "nor that it has expired";
  EXPECT_THAT(explain(chief, chat, "", again).sent(), HasSubstr(R"("rule":"credential.expired")")) << "of its own all is said";
  EXPECT_THAT(explain(world_.key(), chat, "", again).sent(), HasSubstr(R"({"allowed":true)"));
  EXPECT_EQ(explain(key, chat, "", login("chief").access).status(), 200);
}

TEST_F(Explained, CountsNoUse) {
  const std::string keys = "/api/admin/keys?tenant=demo";
  const std::string before = get(keys, operator_).sent();
  for (int i = 0; i < 3; ++i) explain(world_.key(), chat);
  EXPECT_EQ(get(keys, operator_).sent(), before);
  EXPECT_TRUE(world_.authenticator().take_uses().empty());
  EXPECT_THAT(world_.close_access_log(), Not(HasSubstr(world_.key())));
}

TEST_F(Explained, IsForAdministratorsAlone) {
  make("ada");
  EXPECT_EQ(explain(world_.key(), chat, "", login("ada").access).status(), 403);
  EXPECT_EQ(post("/api/admin/explain", R"({"credential":"x","route":"GET /","rule":"x"})", operator_).status(), 422);
  EXPECT_EQ(explain(world_.key(), chat, R"(,"address":"somewhere")").status(), 422);
}

TEST_F(Explained, LooksAtTheAddressThatIsSaid) {
  const FakeExchange& made = post("/api/admin/keys", R"({"tenant_id":"demo","name":"from there","cidrs":["10.0.0.0/8"]})", operator_);
  const std::string key = member(made, "key");
  EXPECT_EQ(verdict(key, chat), "allowed");
  EXPECT_THAT(explain(key, chat).sent(), HasSubstr("no address was said"));
  EXPECT_EQ(verdict(key, chat, R"(,"address":"10.1.2.3")"), "allowed");
  EXPECT_EQ(verdict(key, chat, R"(,"address":"127.0.0.1")"), "address.not_allowed");
}

}  // namespace
}  // namespace gatehouse::testing
