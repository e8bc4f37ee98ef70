// The administration over HTTP, as an administrator of the platform sees it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "whole_gateway.h"

namespace gatehouse::testing {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

class Administrator : public ::testing::Test {
 protected:
  Administrator() {
    identity::TokenWish wish(TenantId("system"));
    wish.scopes = {"platform:admin"};
    token_ = world_.done(world_.house().tokens().issue(world_.reactor, std::move(wish)))->token.expose();
  }
  // The store answers from a thread of its own: that is waited for.
  const FakeExchange& ask(wire::Method method, const std::string& path, const std::string& body = "", const std::string& version = "") {
    std::vector<std::pair<std::string, std::string>> fields{{"Authorization", "Bearer " + token_}};
    if (!version.empty()) fields.emplace_back("If-Match", version);
    const FakeExchange& answer = world_.ask(Ask{method, path, std::move(fields), body});
    const auto patience = std::chrono::steady_clock::now() + seconds(30);
    while (!answer.handled && std::chrono::steady_clock::now() < patience) world_.reactor.context().run_one_for(milliseconds(10));
    EXPECT_TRUE(answer.handled) << path;
    return answer;
  }

  WholeGateway world_;
  std::string token_;
};

TEST_F(Administrator, GivesATenantAZoneThatTheMachineKnows) {
  const std::string tenants = "/api/admin/tenants";
  EXPECT_THAT(ask(wire::Method::get, tenants + "/demo").sent(), HasSubstr(R"("time_zone":"UTC")"));
  EXPECT_THAT(ask(wire::Method::post, tenants, R"({"tenant_id":"tenant-001","time_zone":"UTC"})").sent(),
              HasSubstr(R"("time_zone":"UTC")"));
  for (const char* name : {"Mars/Olympus", "../../../etc/passwd", "Europe", " UTC", "utc"}) {
    const std::string said = std::string(R"({"time_zone":")") + name + "\"}";
    const FakeExchange& refused = ask(wire::Method::patch, tenants + "/demo", said);
    EXPECT_EQ(refused.status(), 422) << name;
    EXPECT_THAT(refused.sent(), HasSubstr("is no time zone that this machine knows"));
    EXPECT_THAT(refused.sent(), Not(HasSubstr("zoneinfo"))) << "no paths";
  }
  EXPECT_EQ(ask(wire::Method::post, tenants, R"({"tenant_id":"tenant-002","time_zone":"Mars"})").status(), 422);
  EXPECT_EQ(ask(wire::Method::get, tenants + "/tenant-002").status(), 404);
  EXPECT_THAT(ask(wire::Method::get, tenants + "/demo").sent(), HasSubstr(R"("time_zone":"UTC")"));
}

TEST_F(Administrator, GivesATenantAWeightBesideOthers) {
  const std::string demo = "/api/admin/tenants/demo";
  EXPECT_THAT(ask(wire::Method::get, demo).sent(), HasSubstr(R"("weight":1)"));
  EXPECT_THAT(ask(wire::Method::patch, demo, R"({"weight":100})").sent(), HasSubstr(R"("weight":100)"));
  for (const char* weight : {"0", "101", "-1", "1.5", "\"2\"", "null"}) {
    EXPECT_THAT(ask(wire::Method::patch, demo, std::string(R"({"weight":)") + weight + "}").status(), ::testing::AnyOf(400, 422)) << weight;
  }
  EXPECT_THAT(ask(wire::Method::get, demo).sent(), HasSubstr(R"("weight":100)"));
}

TEST_F(Administrator, RegistersATenantAndShowsItsSecretsThisOnce) {
  const FakeExchange& made = ask(wire::Method::post, "/api/admin/tenants", R"({"tenant_id":"tenant-001","quota_per_day":7})");
  EXPECT_EQ(made.status(), 201);
  for (const char* member :
       {R"("tenant_id":"tenant-001")", R"("quota_per_day":7)", R"("api_key":"gh_)", R"("token":"ey)", R"("token_expires_at":")"}) {
    EXPECT_THAT(made.sent(), HasSubstr(member));
  }
  const FakeExchange& shown = ask(wire::Method::get, "/api/admin/tenants/tenant-001");
  EXPECT_EQ(shown.status(), 200);
  EXPECT_THAT(shown.sent(), Not(HasSubstr("api_key")));
  EXPECT_EQ(ask(wire::Method::post, "/api/admin/tenants", R"({"tenant_id":"tenant-001"})").status(), 409);
}

// Whatever is changed or ended: a version that is not the one that there is, older or newer, leaves it as it stands.
TEST_F(Administrator, NothingIsDoneToAnotherVersionThanTheOneThatWasSeen) {
  using wire::Method;
  ASSERT_EQ(ask(Method::post, "/api/admin/tenants", R"({"tenant_id":"tenant-001"})").status(), 201);
  const auto id_of = [this](const std::string& path, const std::string& body, const std::string& name) {
    const std::string& text = ask(Method::post, path, body).sent();
    const std::size_t at = text.find("\"" + name + "\":\"") + name.size() + 4;
    return text.substr(at, text.find('"', at) - at);
  };
  const std::string key = "/api/admin/keys/" + id_of("/api/admin/keys", R"({"tenant_id":"tenant-001","name":"x"})", "id");
  const std::string user = "/api/admin/users/" + id_of("/api/admin/users", R"({"tenant_id":"tenant-001","username":"ada"})", "id");
  const std::string budget =
      "/api/admin/budgets/" +
      id_of("/api/admin/budgets", R"({"tenant_id":"tenant-001","unit":"tokens","amount":5,"period":"day"})", "budget_id");
  ASSERT_EQ(ask(Method::post, "/api/admin/roles", R"({"tenant_id":"tenant-001","name":"clerk"})").status(), 201);
  const std::string role = "/api/admin/roles/clerk?tenant=tenant-001", tenant = "/api/admin/tenants/tenant-001";
  struct Change {
    Method method;
    const std::string& object;
    std::string behind, body;
  };
  const std::vector<Change> changes{{Method::patch, key, "", R"({"name":"z"})"},
                                    {Method::patch, user, "", R"({"email":"a@b"})"},
                                    {Method::patch, budget, "", R"({"amount":6})"},
                                    {Method::patch, role, "", R"({"n":1})"},
                                    {Method::patch, tenant, "", R"({"console":true})"},
                                    {Method::post, key, "/rotate", "{}"},
                                    {Method::post, user, "/password", "{}"},
                                    {Method::delete_, key, "", ""},
                                    {Method::delete_, budget, "", ""},
                                    {Method::delete_, user, "", ""},
                                    {Method::delete_, role, "", ""},
                                    {Method::delete_, tenant, "", ""}};
  const auto make = [this](const Change& change, const std::string& version) -> const FakeExchange& {
    return ask(change.method, change.object + change.behind, change.body, version);
  };
  for (const Change& change : changes) {
    for (const char* version : {"7", "0"}) {
      const FakeExchange& refused = make(change, version);
      EXPECT_EQ(refused.status(), 409) << to_string(change.method) << " " << change.object << change.behind << refused.sent();
      EXPECT_THAT(refused.sent(), HasSubstr("version_conflict"));
    }
  }
  std::map<std::string, int> version;
  for (const Change& change : changes) {
    const FakeExchange& done = make(change, std::to_string(++version[change.object]));
    EXPECT_LT(done.status(), 300) << to_string(change.method) << " " << change.object << change.behind << done.sent();
  }
}

TEST_F(Administrator, RevokesAllTokensOfATenantAtOnce) {
  const auto new_token = [this](const TenantId& tenant) {
    return world_.done(world_.house().tokens().issue(world_.reactor, identity::TokenWish(tenant)))->token.expose();
  };
  const auto status_of = [this](const std::string& token) {
    return world_.ask(Ask{wire::Method::get, "/v1/models", {{"Authorization", "Bearer " + token}}, {}}).status();
  };
  ASSERT_EQ(ask(wire::Method::post, "/api/admin/tenants", R"({"tenant_id":"tenant-001"})").status(), 201);
  const std::string theirs = new_token(TenantId("tenant-001")), others = new_token(TenantId("demo"));
  EXPECT_EQ(ask(wire::Method::post, "/api/admin/revocations", R"({"tenant_id":"tenant-001"})").status(), 204);
  EXPECT_EQ(status_of(theirs), 401);
  EXPECT_EQ(status_of(others), 200);
  for (const char* nobody : {R"({"tenant_id":"nobody"})", R"({"user_id":"nobody"})", R"({"user_id":"somebody","issuer":"nobody"})"}) {
    EXPECT_EQ(ask(wire::Method::post, "/api/admin/revocations", nobody).status(), 404) << nobody;
  }
}

TEST_F(Administrator, IsToldOfEveryBadFieldAtOnce) {
  const FakeExchange& refused = ask(wire::Method::post, "/api/admin/tenants", R"({"quota_per_day":-1,"role":"admin"})");
  EXPECT_EQ(refused.status(), 422);
  for (const char* path : {"/quota_per_day", "/role", "/tenant_id"}) EXPECT_THAT(refused.sent(), HasSubstr(path));
  for (const char* body : {R"({"tenant_id":"system"})", R"({"tenant_id":"Upper"})", R"({"tenant_id":"a","tasks":["sing"]})",
                           R"({"tenant_id":"a","token_lifetime":"soon"})", R"({"tenant_id":"a","token_lifetime":"400d"})"}) {
    const FakeExchange& broken = ask(wire::Method::post, "/api/admin/tenants", body);
    EXPECT_EQ(broken.status(), 422) << body;
    EXPECT_THAT(broken.sent(), HasSubstr(R"("details":[{"path":"/t)")) << body;
  }
  EXPECT_EQ(ask(wire::Method::get, "/api/admin/tenants/a").status(), 404) << "nothing was made";
}

TEST_F(Administrator, ChangesOnlyTheVersionThatWasSeen) {
  EXPECT_EQ(ask(wire::Method::patch, "/api/admin/tenants/demo", R"({"quota_per_day":1})", "\"1\"").status(), 200);
  EXPECT_EQ(ask(wire::Method::patch, "/api/admin/tenants/demo", R"({"quota_per_day":2})", "\"1\"").status(), 409);
  EXPECT_EQ(ask(wire::Method::patch, "/api/admin/tenants/demo", R"({"quota_per_day":2})", "one").status(), 400);
  EXPECT_THAT(ask(wire::Method::get, "/api/admin/tenants/demo").sent(), HasSubstr(R"("quota_per_day":1,)"));
}

TEST_F(Administrator, PagesThroughWhatIsLong) {
  for (const char* id : {"a", "b", "c"}) ask(wire::Method::post, "/api/admin/tenants", std::string(R"({"tenant_id":")") + id + "\"}");
  const FakeExchange& first = ask(wire::Method::get, "/api/admin/tenants?limit=2");
  EXPECT_THAT(first.sent(), HasSubstr(R"("tenant_id":"b")"));
  EXPECT_THAT(first.sent(), EndsWith(R"("has_more":true})"));
  EXPECT_THAT(ask(wire::Method::get, "/api/admin/tenants?limit=10&after=b").sent(), EndsWith(R"("has_more":false})"));
  for (const char* query : {"limit=0", "limit=1001", "limit=x", "limit=1&limit=2", "after=%00"}) {
    const int status = ask(wire::Method::get, std::string("/api/admin/tenants?") + query).status();
    EXPECT_TRUE(status == 400 || status == 422) << query << " gave " << status;
  }
}

TEST_F(Administrator, DoesNotDeleteItsOwnGround) {
  EXPECT_EQ(ask(wire::Method::delete_, "/api/admin/tenants/system").status(), 409);
  EXPECT_EQ(ask(wire::Method::delete_, "/api/admin/tenants/nobody").status(), 404);
  EXPECT_EQ(ask(wire::Method::delete_, "/api/admin/tenants/demo").status(), 204);
  EXPECT_EQ(world_.ask(Ask{wire::Method::get, "/v1/models", world_.with_key(), {}}).status(), 401);
}

TEST_F(Administrator, FindsNoKeyThatIsNotThere) {
  for (const char* path : {"/api/admin/keys/nobody", "/api/admin/keys/%2e%2e%2fx"}) {
    EXPECT_EQ(ask(wire::Method::get, path).status(), 404) << path;
    EXPECT_EQ(ask(wire::Method::delete_, path).status(), 404) << path;
  }
  EXPECT_EQ(ask(wire::Method::post, "/api/admin/keys/nobody/rotate", "{}").status(), 404);
  EXPECT_EQ(ask(wire::Method::post, "/api/admin/keys", R"({"tenant_id":"nobody","name":"x"})").status(), 404);
  EXPECT_EQ(ask(wire::Method::post, "/api/admin/keys", R"({"tenant_id":"demo","name":"x","scopes":["platform:admin"]})").status(), 422);
}

// 100 characters are up to 400 bytes.
TEST_F(Administrator, NamesAKeyInAnyScript) {
  std::string name;
  for (int i = 0; i < 100; ++i) name += "键";
  const auto with_name = [](const std::string& text) { return R"({"tenant_id":"demo","name":")" + text + "\"}"; };
  EXPECT_EQ(ask(wire::Method::post, "/api/admin/keys", with_name(name)).status(), 201);
  EXPECT_EQ(ask(wire::Method::post, "/api/admin/keys", with_name(name + "键")).status(), 422);
}

}  // namespace
}  // namespace gatehouse::testing
