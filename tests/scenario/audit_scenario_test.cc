// What of requests goes on record.
#include <gmock/gmock.h>

#include <limits>
#include <map>

#include "gatehouse/telemetry/audit_verify.h"
#include "whole_gateway.h"

namespace gatehouse::testing {
namespace {

using telemetry::AuditRecord;
using telemetry::AuditRow;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using wire::Method;

class AuditTrail : public ::testing::Test {
 protected:
  // What waits on the reactor.
  gateway::AuditBook& book() { return house_.gateway().audit(house_.reactor); }
  std::vector<AuditRecord> counted() { return book().take_counted(std::numeric_limits<std::int64_t>::max()); }
  std::vector<AuditRecord> kept(store::AuditQuery query = {}) {
    const auto page = house_.done(house_.house().audit().list(house_.reactor, std::move(query)));
    std::vector<AuditRecord> records;
    for (const AuditRow& row : page->data) records.push_back(row.record);
    return records;
  }
  FakeExchange& ask(Method method, const std::string& path, const std::string& key, const std::string& body = {}) {
    std::vector<std::pair<std::string, std::string>> fields;
    if (!key.empty()) fields.emplace_back("Authorization", "Bearer " + key);
    FakeExchange& exchange = house_.ask(Ask{method, path, std::move(fields), body});
    const auto patience = std::chrono::steady_clock::now() + seconds(30);
    while (!exchange.handled && std::chrono::steady_clock::now() < patience) house_.reactor.context().run_one_for(milliseconds(10));
    EXPECT_TRUE(exchange.handled) << path;
    return exchange;
  }
  std::string command(Method method, const std::string& path, const std::string& body = {}) {
    const gateway::Administration operators(house_.house(), nullptr, house_.clock, {});
    return house_.done(run(operators, method, path, body)).value();
  }
  Task<Result<std::string>> run(const gateway::Administration& operators, Method method, std::string path, std::string body) {
    const gateway::Reply reply = co_await operators.command(house_.reactor, method, std::move(path), std::move(body));
    co_return std::string(reply.json);
  }
  // Of the credential that was made with that name.
  static std::string member(const std::string& json, const std::string& name) {
    const std::size_t at = json.find("\"" + name + "\":\"") + name.size() + 4;
    return json.substr(at, json.find('"', at) - at);
  }

  WholeGateway house_;
};

TEST_F(AuditTrail, AChangeIsOnRecordBeforeItIsAnswered) {
  const std::string made = command(Method::post, "/api/admin/tenants", R"({"tenant_id":"tenant-001"})");
  const std::vector<AuditRecord> records = kept();
  ASSERT_THAT(records, SizeIs(1));
  EXPECT_EQ(records[0].action, "create_tenant");
  EXPECT_EQ(records[0].tenant, TenantId("system"));
  EXPECT_EQ(records[0].resource_type, "tenant");
  EXPECT_EQ(records[0].resource_id, "tenant-001");
  EXPECT_EQ(records[0].outcome, "ok");
  EXPECT_EQ(records[0].route, "POST /api/admin/tenants");
  EXPECT_EQ(records[0].status, 201);
}

TEST_F(AuditTrail, NeitherSecretsNorTextsStandInIt) {
  const std::string made = command(Method::post, "/api/admin/tenants", R"({"tenant_id":"tenant-001"})");
  const std::string token = member(made, "token");
  command(Method::post, "/api/admin/revocations", R"({"token":")" + token + R"("})");
  house_.chat("a word in confidence");
  std::vector<AuditRecord> records = kept();
  for (AuditRecord& waiting : book().take_records()) records.push_back(std::move(waiting));
  ASSERT_THAT(records, SizeIs(3));
  for (const AuditRecord& record : records) {
    const std::string bytes = telemetry::audit_bytes(record);
    EXPECT_THAT(bytes, Not(HasSubstr(token)));
    EXPECT_THAT(bytes, Not(HasSubstr(member(made, "api_key"))));
    EXPECT_THAT(bytes, Not(HasSubstr("confidence")));
    EXPECT_THAT(bytes, Not(HasSubstr(house_.key())));
  }
}

TEST_F(AuditTrail, ACallOfAModelSaysWhatItTook) {
  house_.chat("hi");
  const std::vector<AuditRecord> records = book().take_records();
  ASSERT_THAT(records, SizeIs(1));
  EXPECT_EQ(records[0].action, "llm_chat");
  EXPECT_EQ(records[0].tenant, TenantId("demo"));
  EXPECT_GT(records[0].tenant_number, 0U);
  EXPECT_NE(records[0].key, "");
  EXPECT_EQ(records[0].model, "scripted");
  EXPECT_EQ(records[0].resource_id, "scripted");
  EXPECT_EQ(records[0].task, "llm");
  EXPECT_EQ(records[0].outcome, "ok");
  EXPECT_GT(records[0].completion_tokens, 0U);
  EXPECT_NE(records[0].request_id, "");
  EXPECT_THAT(counted(), IsEmpty());
}

TEST_F(AuditTrail, CheapCallsAndStrangersAreCounted) {
  for (int i = 0; i < 3; ++i) ask(Method::get, "/v1/models", house_.key());
  for (int i = 0; i < 2; ++i) ask(Method::post, "/v1/chat/completions", "gh_none");
  for (int i = 0; i < 4; ++i) house_.get("/healthz");
  house_.get("/nowhere");
  EXPECT_THAT(book().take_records(), IsEmpty());
  std::map<std::string, AuditRecord> by_route;
  for (const AuditRecord& record : counted()) by_route[record.route] = record;
  ASSERT_THAT(by_route, SizeIs(3));
  EXPECT_EQ(by_route["GET /v1/models"].count, 3U);
  EXPECT_EQ(by_route["GET /v1/models"].tenant, TenantId("demo"));
  EXPECT_EQ(by_route["GET /v1/models"].address, "") << "whose it is tells them apart";
  EXPECT_EQ(by_route["GET /healthz"].count, 4U);
  EXPECT_EQ(by_route["POST /v1/chat/completions"].count, 2U);
  EXPECT_EQ(by_route["POST /v1/chat/completions"].rule, "credential.invalid");
  EXPECT_EQ(by_route["POST /v1/chat/completions"].outcome, "refused");
  EXPECT_EQ(by_route["POST /v1/chat/completions"].tenant, TenantId());
  EXPECT_NE(by_route["POST /v1/chat/completions"].address, "");
}

TEST_F(AuditTrail, ARefusalNamesItsRuleInTheRecordAndTheLogAndNotInTheReply) {
  const std::string made = command(Method::post, "/api/admin/keys", R"({"tenant_id":"demo","name":"narrow","scopes":["usage:read"]})");
  const FakeExchange& refused = ask(Method::get, "/v1/models", member(made, "key"));
  EXPECT_EQ(refused.status(), 403);
  EXPECT_THAT(refused.sent(), Not(HasSubstr("scope.missing")));
  const std::vector<AuditRecord> records = book().take_records();
  ASSERT_THAT(records, SizeIs(1));
  EXPECT_EQ(records[0].rule, "scope.missing");
  EXPECT_EQ(records[0].tenant, TenantId("demo"));
  EXPECT_EQ(records[0].key, member(made, "id"));
  EXPECT_THAT(house_.close_access_log(), HasSubstr(R"("rule":"scope.missing")"));
}

// What people do who are not let in yet is about somebody all the same.
TEST_F(AuditTrail, AChangeByNobodyNamesWhomItIsAbout) {
  const auto last = [this] { return kept().at(0); };  // the newest is the first
  const auto is_about = [&](const AuditRecord& record, const std::string& action, const std::string& user) {
    EXPECT_EQ(record.action, action);
    EXPECT_EQ(record.tenant, TenantId("demo")) << action;
    EXPECT_GT(record.tenant_number, 0U) << action;
    EXPECT_EQ(record.user, user) << action;
    EXPECT_EQ(record.resource_type, "user") << action;
    EXPECT_EQ(record.resource_id, user) << action;
  };
  const std::string enrolled =
      ask(Method::post, "/api/auth/register", "", R"({"username":"ada","email":"a@b","password":"a horse of another colour"})").sent();
  const std::string ada = member(enrolled, "id");
  is_about(last(), "register", ada);
  const std::string ticket = member(command(Method::post, "/api/admin/users/" + ada + "/reset"), "reset_token");
  EXPECT_EQ(ask(Method::post, "/api/auth/reset", "", R"({"token":")" + ticket + R"(","new_password":"a new password of mine"})").status(),
            204);
  is_about(last(), "reset_password", ada);
  const std::string in = ask(Method::post, "/api/auth/login", "", R"({"username":"ada","password":"a new password of mine"})").sent();
  is_about(last(), "login", ada);
  EXPECT_EQ(ask(Method::post, "/api/auth/password", member(in, "access_token"),
                R"({"current_password":"a new password of mine","new_password":"another one of mine"})")
                .status(),
            204);
  is_about(last(), "change_password", ada);
  const std::string invited = command(Method::post, "/api/admin/invitations", R"({"tenant_id":"demo"})");
  EXPECT_EQ(last().resource_id, member(invited, "id"));
  const std::string token = member(command(Method::post, "/api/admin/tokens", R"({"tenant_id":"demo"})"), "token");
  command(Method::post, "/api/admin/revocations", R"({"token":")" + token + R"("})");
  EXPECT_EQ(last().action, "revoke");
  EXPECT_NE(last().resource_id, "");

  // A refresh token that comes twice is refused, and ends what is somebody's.
  const std::string body = R"({"refresh_token":")" + member(in, "refresh_token") + "\"}";
  EXPECT_EQ(ask(Method::post, "/api/auth/refresh", "", body).status(), 200);
  house_.clock.advance(seconds(60));
  book().take_records();
  EXPECT_EQ(ask(Method::post, "/api/auth/refresh", "", body).status(), 401);
  const std::vector<AuditRecord> refused = book().take_records();
  ASSERT_THAT(refused, SizeIs(1));
  is_about(refused[0], "refresh", ada);
  EXPECT_EQ(refused[0].outcome, "refused");
}

TEST_F(AuditTrail, ARefusalOfAKeyThatThereIsNamesIt) {
  const std::string made = command(Method::post, "/api/admin/keys", R"({"tenant_id":"demo","name":"x"})");
  command(Method::delete_, "/api/admin/keys/" + member(made, "id"));
  EXPECT_EQ(ask(Method::get, "/v1/models", member(made, "key")).status(), 401);
  const std::vector<AuditRecord> records = book().take_records();
  ASSERT_THAT(records, SizeIs(1));
  EXPECT_EQ(records[0].rule, "credential.revoked");
  EXPECT_EQ(records[0].tenant, TenantId("demo"));
  EXPECT_EQ(records[0].key, member(made, "id"));
  std::string wrong = member(made, "key");
  wrong.back() = wrong.back() == 'A' ? 'Q' : 'A';
  EXPECT_EQ(ask(Method::get, "/v1/models", wrong).status(), 401);
  EXPECT_THAT(book().take_records(), IsEmpty()) << "who has not its secret is a stranger";
}

// Done, refused by a desk, or refused at the door: nothing is left that would read as interrupted.
TEST_F(AuditTrail, NothingStaysIntended) {
  const std::string made = command(Method::post, "/api/admin/keys", R"({"tenant_id":"demo","name":"x","scopes":["tenant:admin"]})");
  command(Method::post, "/api/admin/keys", R"({"tenant_id":"nobody","name":"x"})");
  EXPECT_EQ(ask(Method::post, "/api/admin/users", member(made, "key"), R"({"username":"ada"})").status(), 201);
  EXPECT_EQ(ask(Method::post, "/api/admin/users", member(made, "key"), R"({"username":"ada"})").status(), 409);
  EXPECT_EQ(ask(Method::post, "/api/admin/tenants", member(made, "key"), R"({"tenant_id":"other"})").status(), 403);
  EXPECT_EQ(*house_.done(house_.house().audit().settle_intents(house_.reactor)), 0U);
}

TEST_F(AuditTrail, TheWholeOfItVerifies) {
  for (const char* id : {"tenant-001", "tenant-002"})
    command(Method::post, "/api/admin/tenants", std::string(R"({"tenant_id":")") + id + R"("})");
  command(Method::delete_, "/api/admin/tenants/tenant-001");
  auto page = house_.done(house_.house().audit().list(house_.reactor, {}));
  std::ranges::reverse(page->data);
  const auto heads = house_.done(house_.house().audit().heads(house_.reactor));
  const telemetry::AuditVerdict verdict = telemetry::verify_audit(page->data, *heads, {}, house_.house().audit().sealer());
  EXPECT_EQ(verdict.records, 3U);
  EXPECT_TRUE(verdict.ok());
}

class AuditRoute : public AuditTrail {
 protected:
  AuditRoute() {
    std::vector<AuditRecord> records;
    for (int i = 0; i < 3; ++i) records.push_back(of("demo", "r" + std::to_string(i)));
    records.push_back(of("system", "r9"));
    EXPECT_TRUE(house_.done(house_.house().audit().append(house_.reactor, records)).ok());
  }
  AuditRecord of(const std::string& tenant, const std::string& request) {
    AuditRecord record;
    record.action = "llm_chat";
    record.outcome = "ok";
    record.time = telemetry::AuditTime(std::chrono::microseconds(1'700'000'000'500'000));
    record.tenant = TenantId(tenant);
    record.tenant_number = house_.house().registry().current()->tenant(record.tenant)->record.number;
    record.user = request == "r1" ? "u-1" : "";
    record.request_id = request;
    return record;
  }
};

TEST_F(AuditRoute, ATenantSeesItsOwnAlone) {
  const std::string own = ask(Method::get, "/api/audit", house_.key()).sent();
  EXPECT_THAT(own, HasSubstr(R"("request_id":"r0")"));
  EXPECT_THAT(own, Not(HasSubstr("r9")));
  EXPECT_THAT(own, HasSubstr(R"("timestamp":"2023-11-14T22:13:20.500000Z","action_type":"llm_chat")"));
  EXPECT_EQ(ask(Method::get, "/api/audit?tenant_id=demo", house_.key()).status(), 200);
  const FakeExchange& foreign = ask(Method::get, "/api/audit?tenant_id=system", house_.key());
  const FakeExchange& missing = ask(Method::get, "/api/audit?tenant_id=nobody", house_.key());
  EXPECT_EQ(foreign.status(), 404);
  EXPECT_EQ(missing.status(), 404);
}

TEST_F(AuditRoute, GivesPagesAndFilters) {
  const std::string first = ask(Method::get, "/api/audit?limit=1&offset=1", house_.key()).sent();
  EXPECT_THAT(first, HasSubstr(R"("request_id":"r1")"));
  EXPECT_THAT(first, HasSubstr(R"("has_more":true)"));
  const std::string users = ask(Method::get, "/api/audit?user_id=u-1", house_.key()).sent();
  EXPECT_THAT(users, HasSubstr("r1"));
  EXPECT_THAT(users, Not(HasSubstr(R"("request_id":"r2")")));
  EXPECT_THAT(ask(Method::get, "/api/audit?since=2023-11-14T22:13:21Z", house_.key()).sent(), HasSubstr(R"("data":[])"));
  EXPECT_THAT(ask(Method::get, "/api/audit?until=2023-11-14T22:13:20.5Z", house_.key()).sent(), HasSubstr(R"("data":[])"));
  EXPECT_THAT(ask(Method::get, "/api/audit?since=2023-11-14&until=2023-11-15", house_.key()).sent(), HasSubstr("r2"));
  for (const char* query : {"since=yesterday", "until=2023-13-01", "limit=0", "limit=x", "offset=-1", "offset=100001",
                            "since=2023-11-14T25:13:20Z", "since=2023-11-14T22:13:20.1234567Z"}) {
    EXPECT_EQ(ask(Method::get, std::string("/api/audit?") + query, house_.key()).status(), 422) << query;
  }
}

TEST_F(AuditRoute, WhoReadsWhatOthersAskedIsOnRecordEachTime) {
  const auto reads = [&] {
    std::vector<std::string> found;
    for (const AuditRecord& record : kept()) {
      if (record.action.starts_with("get_")) found.push_back(record.action + " " + record.resource_type + " " + record.resource_id);
    }
    return found;
  };
  EXPECT_EQ(ask(Method::get, "/api/audit", house_.key()).status(), 200);
  EXPECT_THAT(reads(), IsEmpty()) << "without contents it is counted";
  for (int i = 0; i < 2; ++i) EXPECT_EQ(ask(Method::get, "/api/audit?content=true", house_.key()).status(), 200);
  command(Method::get, "/api/admin/audit?content=true");
  command(Method::get, "/api/admin/audit?content=true&tenant_id=demo");
  EXPECT_EQ(reads(), (std::vector<std::string>{"get_all_audit contents demo", "get_all_audit contents *", "get_audit contents demo",
                                               "get_audit contents demo"}));
}

TEST_F(AuditTrail, WhoExportsATenantIsOnRecordEachTime) {
  for (int i = 0; i < 2; ++i) command(Method::get, "/api/admin/tenants/demo/export");
  const std::vector<AuditRecord> records = kept();
  ASSERT_THAT(records, SizeIs(2));
  EXPECT_EQ(records[0].action, "export_tenant");
  EXPECT_EQ(records[0].resource_id, "demo");
}

TEST_F(AuditRoute, OperatorsSeeAll) {
  const std::string all = command(Method::get, "/api/admin/audit?limit=1000");
  EXPECT_THAT(all, HasSubstr("r9"));
  EXPECT_THAT(all, HasSubstr("r0"));
  EXPECT_THAT(command(Method::get, "/api/admin/audit?tenant_id=system"), Not(HasSubstr("r0")));
}

}  // namespace
}  // namespace gatehouse::testing
