// Budgets, as administrators of the platform and of a tenant say and see them.
#include "people.h"

namespace gatehouse::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class BudgetsOverHttp : public People {
 protected:
  BudgetsOverHttp() {
    make("carla", R"(,"role":"tenant-admin")");
    admin_ = login("carla").access;
    user_ = make("wendy");
    const FakeExchange& key = post("/api/admin/keys", R"({"tenant_id":"demo","name":"batch"})", operator_);
    key_ = member(key, "id");
  }
  const FakeExchange& add(const std::string& more, const std::string& token) {
    return post(budgets, R"({"tenant_id":"demo")" + more + "}", token);
  }
  const FakeExchange& patch(const std::string& id, const std::string& body, const std::string& token, const std::string& version = "") {
    std::vector<std::pair<std::string, std::string>> fields;
    if (!version.empty()) fields.emplace_back("If-Match", version);
    return ask(wire::Method::patch, one(id), body, token, std::move(fields));
  }
  const FakeExchange& remove(const std::string& id, const std::string& token) { return ask(wire::Method::delete_, one(id), "", token); }
  static std::string one(const std::string& id) { return std::string(budgets) + "/" + id; }
  std::string made(const std::string& more) {
    const FakeExchange& answer = add(more, operator_);
    EXPECT_EQ(answer.status(), 201) << answer.sent();
    return member(answer, "budget_id");
  }
  // What is reserved and spent, into the store that the gateway reads.
  void spend(std::int64_t period, std::int64_t units) {
    store::LedgerBatch batch("scenario", ++batches_);
    for (const store::Budget& budget : *world_.house().registry().current()->budgets(TenantId("demo"))) {
      batch.spent.emplace_back(budget.number, period, units);
    }
    EXPECT_TRUE(world_.done(world_.house().registry().store().ledger().settle(world_.reactor, std::move(batch))).ok());
  }
  static constexpr const char* budgets = "/api/admin/budgets";
  std::string admin_, user_, key_;
  std::int64_t batches_ = 0;
};

TEST_F(BudgetsOverHttp, AreMadeShownChangedAndRemoved) {
  const FakeExchange& first = add(R"(,"unit":"money","amount":12.5,"period":"total")", operator_);
  ASSERT_EQ(first.status(), 201) << first.sent();
  const std::string id = member(first, "budget_id");
  for (const char* fact : {R"("tenant_id":"demo","user_id":null,"key_id":null,"unit":"money","amount":12.5,"period":"total")",
                           R"("spent":0,"reserved":0,"resets_at":null,"created_at":"2)", R"("version":1})"}) {
    EXPECT_THAT(first.sent(), HasSubstr(fact));
  }
  EXPECT_EQ(get(one(id), operator_).sent(), first.sent());
  EXPECT_EQ(add(R"(,"unit":"money","amount":1,"period":"total")", operator_).status(), 409);
  const FakeExchange& changed = patch(id, R"({"amount":0.000000001})", operator_, "\"1\"");
  EXPECT_EQ(changed.status(), 200);
  EXPECT_THAT(changed.sent(), HasSubstr(R"("amount":0.000000001,"period":"total")"));
  EXPECT_THAT(changed.sent(), HasSubstr(R"("version":2})"));
  EXPECT_EQ(patch(id, R"({"amount":3})", operator_, "\"1\"").status(), 409);
  EXPECT_THAT(get(std::string(budgets) + "?tenant=demo", operator_).sent(), HasSubstr(R"("version":2}],"has_more":false)"));
  EXPECT_EQ(remove(id, operator_).status(), 204);
  EXPECT_EQ(remove(id, operator_).status(), 404);
  EXPECT_EQ(get(one(id), operator_).status(), 404);
}

TEST_F(BudgetsOverHttp, SayWhatIsGoneOfThePeriodThatIsNow) {
  const std::int64_t now = unix_seconds(world_.clock.wall()), today = now - now % 86'400;
  const std::string day = made(R"(,"unit":"money","amount":9,"period":"day")");
  const std::string total = made(R"(,"unit":"tokens","amount":9000,"period":"total")");
  spend(today, 1'250'000'000);
  spend(today - 86'400, 7);
  spend(0, 40);
  EXPECT_THAT(get(one(day), operator_).sent(), HasSubstr(R"("spent":1.25,"reserved":0,"resets_at":"2)"));
  EXPECT_THAT(get(one(total), operator_).sent(), HasSubstr(R"("spent":40,"reserved":0,"resets_at":null)"));
  world_.clock.advance(seconds(86'400));
  EXPECT_THAT(get(one(day), operator_).sent(), HasSubstr(R"("spent":0,"reserved":0)")) << "a day later";
  EXPECT_THAT(get(one(total), operator_).sent(), HasSubstr(R"("spent":40)"));
}

TEST_F(BudgetsOverHttp, AnAdministratorOfATenantSeesAllAndSetsThoseOfItsUsersAndKeys) {
  const std::string whole = made(R"(,"unit":"tokens","amount":1000,"period":"day")");
  const FakeExchange& of_user = add(R"(,"user_id":")" + user_ + R"(","unit":"tokens","amount":10,"period":"day")", admin_);
  ASSERT_EQ(of_user.status(), 201) << of_user.sent();
  const std::string users = member(of_user, "budget_id");
  const FakeExchange& of_key = post(budgets, R"({"key_id":")" + key_ + R"(","unit":"money","amount":1,"period":"month"})", admin_);
  ASSERT_EQ(of_key.status(), 201) << "whose it is need not be said: " << of_key.sent();
  const std::string all = get(budgets, admin_).sent();
  for (const std::string& id : {whole, users, member(of_key, "budget_id")}) {
    EXPECT_THAT(all, HasSubstr(id));
    EXPECT_EQ(get(one(id), admin_).status(), 200);
  }
  EXPECT_EQ(patch(users, R"({"amount":20})", admin_).status(), 200);
  for (const FakeExchange* refused : {&patch(whole, R"({"amount":2000})", admin_), &remove(whole, admin_),
                                      &add(R"(,"unit":"money","amount":1,"period":"day")", admin_)}) {
    EXPECT_EQ(refused->status(), 403);
    EXPECT_EQ(member(*refused, "type"), "budget_not_allowed");
    EXPECT_EQ(member(*refused, "param"), "platform:admin");
  }
  EXPECT_EQ(remove(users, admin_).status(), 204);
  EXPECT_EQ(get(one(whole), admin_).status(), 200);
}

TEST_F(BudgetsOverHttp, OfAnotherTenantAreAsIfTheyWereNotThere) {
  const FakeExchange& other = post(budgets, R"({"tenant_id":"system","unit":"tokens","amount":1,"period":"day"})", operator_);
  ASSERT_EQ(other.status(), 201) << other.sent();
  const std::string id = member(other, "budget_id");
  for (const FakeExchange* missing : {&get(one(id), admin_), &patch(id, R"({"amount":2})", admin_), &remove(id, admin_)}) {
    EXPECT_EQ(missing->status(), 404);
    EXPECT_EQ(member(*missing, "type"), "budget_not_found");
  }
  EXPECT_EQ(post(budgets, R"({"tenant_id":"system","unit":"tokens","amount":1,"period":"day"})", admin_).status(), 404);
  EXPECT_THAT(get(budgets, admin_).sent(), Not(HasSubstr(id)));
  EXPECT_EQ(get(std::string(budgets) + "?tenant=system", admin_).sent(), get(std::string(budgets) + "?tenant=nobody", admin_).sent());
  EXPECT_EQ(add(R"(,"user_id":"nobody","unit":"tokens","amount":10,"period":"day")", admin_).status(), 404);
  EXPECT_EQ(add(R"(,"key_id":"nobody","unit":"tokens","amount":10,"period":"day")", admin_).status(), 404);
}

TEST_F(BudgetsOverHttp, WhatCannotBeRightIsRefusedByField) {
  const auto refused = [this](const std::string& more) {
    const FakeExchange& answer = add(more, operator_);
    return answer.status() == 422 ? member(answer, "path") : std::to_string(answer.status());
  };
  EXPECT_EQ(refused(R"(,"unit":"tokens","period":"day")"), "/amount");
  for (const char* amount : {"0", "-1", "1.5", "2e18", "\"7\"", "null"}) {
    EXPECT_EQ(refused(R"(,"unit":"tokens","period":"day","amount":)" + std::string(amount)), "/amount") << amount;
  }
  for (const char* amount : {"0", "-0.5", "0.0000000001", "1000000001"}) {
    EXPECT_EQ(refused(R"(,"unit":"money","period":"day","amount":)" + std::string(amount)), "/amount") << amount;
  }
  EXPECT_EQ(refused(R"(,"unit":"calls","period":"day","amount":1)"), "/unit");
  EXPECT_EQ(refused(R"(,"unit":"tokens","period":"year","amount":1)"), "/period");
  EXPECT_EQ(refused(R"(,"unit":"tokens","period":"day","amount":1,"user_id":"u","key_id":"k")"), "/key_id");
  EXPECT_EQ(refused(R"(,"unit":"tokens","period":"day","amount":1,"alert":80)"), "/alert");
  EXPECT_EQ(refused(R"(,"unit":"tokens","period":"day","amount":1000000000000000000)"), "201");
  const std::string id = made(R"(,"unit":"tokens","amount":9,"period":"total")");
  EXPECT_EQ(patch(id, R"({"amount":0.5})", operator_).status(), 422);
  EXPECT_EQ(patch(id, R"({"unit":"money"})", operator_).status(), 422);
  EXPECT_EQ(patch(id, "{}", operator_).status(), 200);
}

TEST_F(BudgetsOverHttp, GoWithAUserAndAreSeenByEveryReactorAtOnce) {
  const auto known = [this] {
    const identity::BudgetsPtr found = world_.house().registry().current()->budgets(TenantId("demo"));
    return found ? found->size() : 0;
  };
  made(R"(,"unit":"tokens","amount":1000,"period":"day")");
  const std::string id = made(R"(,"user_id":")" + user_ + R"(","unit":"tokens","amount":10,"period":"day")");
  EXPECT_EQ(known(), 2U);
  EXPECT_EQ(ask(wire::Method::delete_, "/api/admin/users/" + user_, "", operator_).status(), 204);
  EXPECT_EQ(known(), 1U);
  EXPECT_EQ(get(one(id), operator_).status(), 404);
}

TEST_F(BudgetsOverHttp, UseIsShownWithItsCostWhereThatIsAskedFor) {
  store::UsageRow row(TenantId("demo"), store::parse_day("2026-11-22").value(), ModelName("scripted"), "llm");
  row.requests = 1;
  row.cost = 1'500'000'001;
  std::vector<store::UsageRow> rows(1, row);
  ASSERT_TRUE(world_.done(world_.house().registry().store().usage().add(world_.reactor, std::move(rows))).ok());
  const std::string path = "/api/admin/usage?tenant=demo&day=2026-11-22";
  EXPECT_THAT(get(path + "&cost=true", operator_).sent(), HasSubstr(R"("completion_tokens":0,"cost":1.500000001})"));
  EXPECT_THAT(get(path, operator_).sent(), Not(HasSubstr("cost")));
  EXPECT_THAT(get(path + "&cost=false", operator_).sent(), Not(HasSubstr("cost")));
  EXPECT_EQ(get(path + "&cost=much", operator_).status(), 422);
  EXPECT_THAT(get("/api/admin/tenants/demo/export", operator_).sent(), HasSubstr(R"("cost":1.500000001}])"));
}

}  // namespace
}  // namespace gatehouse::testing
