#include <gmock/gmock.h>

#include "whole_gateway.h"

namespace gatehouse::testing {
namespace {

using namespace std::chrono_literals;  // NOLINT: a test
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

limits::Rule rule(const std::string& name, limits::Limit limit, limits::Counted counted = limits::Counted::calls) {
  limits::Rule made;
  made.name = name;
  made.origin = "a test";
  made.limit = limit;
  made.counted = counted;
  made.each_credential = true;
  return made;
}

gateway::LimitRules with(limits::Rule one) {
  gateway::LimitRules rules;
  rules.calls.push_back(std::move(one));
  return rules;
}

constexpr const char* spoken = R"(,"max_tokens":5)";

TEST(Rate, RefusesWhatIsOneTooManyAndSaysWhenItWorks) {
  WholeGateway house({}, "", {}, with(rule("key", limits::SlidingWindow{2, 60s})));
  const FakeExchange& first = house.chat("say:Hi");
  EXPECT_EQ(first.status(), 200);
  EXPECT_THAT(first.fields(), AllOf(HasSubstr("RateLimit-Policy: \"key\";q=2;w=60"), HasSubstr("RateLimit: \"key\";r=1;t=60"),
                                    HasSubstr("x-ratelimit-limit-requests: 2"), HasSubstr("x-ratelimit-remaining-requests: 1")));
  house.pass(10s);
  EXPECT_EQ(house.chat("say:Hi").status(), 200);
  const FakeExchange& refused = house.chat("say:Hi");
  EXPECT_EQ(refused.status(), 429);
  EXPECT_THAT(refused.sent(), AllOf(HasSubstr("Rate limit exceeded: 2 per 1 minute"), HasSubstr(R"("code":"rate_limit_exceeded")")));
  EXPECT_THAT(refused.fields(), AllOf(HasSubstr("Retry-After: 50\r\n"), HasSubstr("retry-after-ms: 50000"),
                                      HasSubstr("RateLimit: \"key\";r=0"), HasSubstr("x-should-retry: false")));
  house.pass(50s);
  EXPECT_EQ(house.chat("say:Hi").status(), 200) << "as was said";
  EXPECT_EQ(house.engine.prepared(), 3U) << "who was refused cost the engine nothing";
}

TEST(Rate, CountsAMistakeInTheRequestThatOnlyTheEngineCanSee) {
  WholeGateway house({}, "", {}, with(rule("key", limits::SlidingWindow{1, 60s})));
  EXPECT_EQ(house.chat("say:Hi", R"(,"max_tokens":5000)").status(), 400);
  EXPECT_EQ(house.chat("say:Hi").status(), 429);
}

TEST(Concurrency, IsOverWithTheCall) {
  WholeGateway house({}, "", {}, with(rule("concurrency", limits::Concurrency{1})));
  house.engine.hold(true);
  FakeExchange& runs = house.chat("say:Hi", R"(,"stream":true)");
  EXPECT_FALSE(runs.handled);
  const FakeExchange& refused = house.chat("say:Hi");
  EXPECT_EQ(refused.status(), 429);
  EXPECT_THAT(refused.sent(), HasSubstr("Too many requests at once: 1 at once"));
  EXPECT_THAT(refused.fields(), HasSubstr("Retry-After: 1\r\n"));
  house.engine.hold(false);
  house.settle();
  EXPECT_TRUE(runs.handled);
  EXPECT_EQ(house.chat("say:Hi").status(), 200);
}

TEST(TokensPerMinute, AreReservedBeforeAndSettledToWhatWasMade) {
  WholeGateway house({}, "", {}, with(rule("tokens", limits::SlidingWindow{100, 60s}, limits::Counted::tokens)));
  // A prompt of 6 tokens, 2 said, 80 asked for: only while it runs do 86 count.
  EXPECT_EQ(house.chat("say:Hi", R"(,"max_tokens":80)").status(), 200);
  EXPECT_EQ(house.chat("say:Hi", R"(,"max_tokens":80)").status(), 200);
  const FakeExchange& refused = house.chat("say:Hi", R"(,"max_tokens":90)");
  EXPECT_EQ(refused.status(), 429);
  EXPECT_THAT(refused.sent(), HasSubstr("Rate limit exceeded: 100 tokens per 1 minute"));
  EXPECT_THAT(refused.fields(), HasSubstr("x-ratelimit-limit-tokens: 100"));
  house.pass(60s);
  EXPECT_EQ(house.chat("say:Hi", R"(,"max_tokens":90)").status(), 200);
}

class Demo : public WholeGateway {
 public:
  explicit Demo(gateway::LimitRules limits = {}) : WholeGateway({}, "", {}, std::move(limits)) {}
  void set_quota(std::int64_t calls) {
    store::Tenant tenant = house().registry().current()->tenant(TenantId("demo"))->record;
    tenant.quota_per_day = calls;
    GH_ASSERT(done(house().registry().change(reactor, tenant)).ok());
  }
  void set_budget(store::BudgetUnit unit, std::int64_t amount, store::BudgetPeriod period = store::BudgetPeriod::total) {
    store::Budget budget(store::BudgetId("b" + std::to_string(++budgets_)), TenantId("demo"));
    budget.created = std::chrono::floor<seconds>(clock.wall());
    budget.unit = unit;
    budget.amount = amount;
    budget.period = period;
    GH_ASSERT(done(house().registry().create(reactor, budget)).ok());
  }
  gateway::LedgerBook::Taken ledger() { return gateway().ledger(reactor).take(); }

 private:
  int budgets_ = 0;
};

TEST(DailyQuota, CountsWhatWasAdmittedUntilMidnight) {
  Demo house;
  house.set_quota(2);
  EXPECT_EQ(house.chat("say:Hi", R"(,"max_tokens":5000)").status(), 400) << "counts for nothing";
  EXPECT_EQ(house.chat("say:Hi").status(), 200);
  EXPECT_EQ(house.chat("say:Hi").status(), 200);
  const FakeExchange& refused = house.chat("say:Hi");
  EXPECT_EQ(refused.status(), 429);
  EXPECT_THAT(refused.sent(), AllOf(HasSubstr("Daily quota exceeded"), HasSubstr(R"("type":"insufficient_quota")"),
                                    HasSubstr(R"("code":"insufficient_quota")")));
  EXPECT_THAT(refused.fields(), AllOf(HasSubstr("x-should-retry: false"), HasSubstr("Retry-After: ")));
}

TEST(Budget, IsSpentToItsLastTokenAndNotOneFurther) {
  for (const int amount : {7, 8, 70, 71, 135, 500}) {
    Demo house;
    house.set_budget(store::BudgetUnit::tokens, amount);
    const FakeExchange& answer = house.chat("loop:x", R"(,"max_tokens":1000)");
    const int made = amount - 6;
    EXPECT_EQ(answer.status(), 200) << amount;
    EXPECT_THAT(answer.sent(), HasSubstr("\"content\":\"" + std::string(static_cast<std::size_t>(made), 'x') + "\""));
    EXPECT_THAT(answer.sent(), AllOf(HasSubstr(R"("finish_reason":"length")"), HasSubstr(R"("stop_reason":"budget")")));
    const auto ledger = house.ledger();
    ASSERT_EQ(ledger.spent.size(), 1U);
    EXPECT_EQ(ledger.spent[0].units, amount);
    ASSERT_EQ(ledger.usage.size(), 1U);
    EXPECT_EQ(ledger.usage[0].completion_tokens, made);
    const FakeExchange& refused = house.chat("say:Hi");
    EXPECT_EQ(refused.status(), 429);
    EXPECT_THAT(refused.sent(), AllOf(HasSubstr("The budget is used up"), HasSubstr("insufficient_quota")));
    EXPECT_THAT(refused.fields(), AllOf(HasSubstr("x-should-retry: false"), Not(HasSubstr("Retry-After"))));
  }
}

TEST(Budget, ThatHoldsLessThanThePromptAndOneTokenRefusesAtOnce) {
  Demo house;
  house.set_budget(store::BudgetUnit::tokens, 6);
  EXPECT_EQ(house.chat("loop:x").status(), 429);
  EXPECT_TRUE(house.ledger().empty());
  EXPECT_EQ(house.chat("loop:").status(), 200) << "a prompt of five, and one token";
}

TEST(Budget, GivesBackWhatAnAnswerDidNotNeed) {
  Demo house;
  house.set_budget(store::BudgetUnit::tokens, 100);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(house.chat("say:Hi", spoken).status(), 200) << i;
  const auto ledger = house.ledger();
  ASSERT_EQ(ledger.spent.size(), 1U);
  EXPECT_EQ(ledger.spent[0].units, 80);
  EXPECT_EQ(ledger.slots.size(), 10U);
}

TEST(Budget, OfMoneyGoesByThePriceOfTheModel) {
  gateway::LimitRules rules;
  rules.prices["scripted"] = {100, 10, 1000, 5};
  Demo house(rules);
  house.set_budget(store::BudgetUnit::money, 5 + 6 * 100 + 10 * 1000 + 999);
  const FakeExchange& answer = house.chat("loop:x", R"(,"max_tokens":1000)");
  EXPECT_THAT(answer.sent(), AllOf(HasSubstr(R"("completion_tokens":10,)"), HasSubstr(R"("cost":0.000010605)")));
  EXPECT_THAT(answer.fields(), HasSubstr("x-gatehouse-cost: 0.000010605"));
  const auto ledger = house.ledger();
  ASSERT_EQ(ledger.spent.size(), 1U);
  EXPECT_EQ(ledger.spent[0].units, 10605);
  EXPECT_EQ(ledger.usage.at(0).cost, 10605);
}

TEST(Budget, IsSettledToWhatWasMadeWhenTheClientGoes) {
  Demo house;
  house.set_budget(store::BudgetUnit::tokens, 1000);
  house.engine.hold(true);
  FakeExchange& leaves = house.chat("loop:x", R"(,"max_tokens":500,"stream":true)");
  leaves.leave();
  house.engine.hold(false);
  house.pass(1s);
  EXPECT_TRUE(leaves.handled);
  const auto ledger = house.ledger();
  ASSERT_EQ(ledger.usage.size(), 1U);
  EXPECT_EQ(ledger.usage[0].requests, 1);
  ASSERT_EQ(ledger.spent.size(), 1U);
  EXPECT_EQ(ledger.spent[0].units, ledger.usage[0].prompt_tokens + ledger.usage[0].completion_tokens);
  const gateway::BudgetUse use =
      house.gateway().budget_uses().of(house.house().registry().current()->budgets(TenantId("demo"))->front(), limits::Zone::utc());
  EXPECT_EQ(use.spent, ledger.spent[0].units);
  EXPECT_EQ(use.reserved, 0);
}

TEST(Budget, SaysHowMuchIsLeft) {
  Demo house;
  house.set_budget(store::BudgetUnit::tokens, 1000);
  EXPECT_THAT(house.chat("say:Hi", spoken).fields(), HasSubstr("x-gatehouse-budget-remaining: "));
}

TEST(Journal, HoldsTheCallsThatRun) {
  Demo house;
  house.engine.hold(true);
  house.chat("loop:x", R"(,"stream":true)");
  ASSERT_EQ(house.journal().left().size(), 1U);
  EXPECT_EQ(house.journal().left()[0].facts.tenant, "demo");
  house.engine.hold(false);
  house.settle();
  EXPECT_EQ(house.journal().left().size(), 1U) << "it is over, and not settled yet";
}

TEST(Strangers, AreLimitedByTheirAddress) {
  gateway::LimitRules rules;
  rules.strangers = limits::SlidingWindow{3, 60s};
  WholeGateway house({}, "", {}, rules);
  const auto guess = [&](const std::string& key) {
    return house.ask(Ask{wire::Method::post, "/v1/chat/completions", {{"Authorization", "Bearer " + key}}, "{}"}).status();
  };
  for (int i = 0; i < 3; ++i) EXPECT_EQ(guess("wrong"), 401);
  EXPECT_EQ(guess("wrong"), 429);
  EXPECT_EQ(house.get("/nothing").status(), 429);
  EXPECT_EQ(house.get("/healthz").status(), 200) << "probes never count";
  EXPECT_EQ(house.chat("say:Hi").status(), 200) << "who has a valid credential is no stranger";
  house.pass(60s);
  EXPECT_EQ(guess("wrong"), 401);
}

TEST(Strangers, MayBeEverybody) {
  gateway::LimitRules rules;
  rules.strangers = limits::SlidingWindow{2, 60s};
  rules.strangers_are_all = true;
  WholeGateway house({}, "", {}, rules);
  EXPECT_EQ(house.chat("say:Hi").status(), 200);
  EXPECT_EQ(house.chat("say:Hi").status(), 200);
  EXPECT_EQ(house.chat("say:Hi").status(), 429);
}

TEST(Limits, AreNotThereWhereTheyAreOff) {
  gateway::LimitRules rules = with(rule("key", limits::SlidingWindow{1, 60s}));
  rules.on = false;
  rules.strangers = limits::SlidingWindow{1, 60s};
  Demo house(rules);
  house.set_quota(1);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(house.chat("say:Hi").status(), 200);
  EXPECT_EQ(house.ledger().usage.at(0).requests, 3) << "but all is counted";
}

}  // namespace
}  // namespace gatehouse::testing
