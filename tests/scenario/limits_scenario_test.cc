#include <gmock/gmock.h>

#include "demo.h"

namespace gatehouse::testing {
namespace {

using namespace std::chrono_literals;  // NOLINT: a test
using ::testing::AllOf;
using ::testing::HasSubstr;

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

TEST(Rate, CountsCallsThatOtherLimitsRefuse) {
  gateway::LimitRules rules = with(rule("key", limits::SlidingWindow{3, 600s}));
  rules.calls.push_back(rule("tokens", limits::SlidingWindow{20, 60s}, limits::Counted::tokens));
  WholeGateway house({}, "", {}, rules);
  EXPECT_EQ(house.chat("say:Hi", R"(,"max_tokens":10)").status(), 200) << "of eight tokens";
  const FakeExchange& too_long = house.chat("say:Hi", R"(,"max_tokens":10)");
  EXPECT_EQ(too_long.status(), 429);
  EXPECT_THAT(too_long.sent(), HasSubstr("20 tokens per 1 minute"));
  EXPECT_THAT(too_long.fields(), AllOf(HasSubstr("\"key\";r=1"), HasSubstr("\"tokens\";r=12"), HasSubstr("Retry-After: 60\r\n")));
  EXPECT_EQ(house.chat("say:Hi", R"(,"max_tokens":6)").status(), 200);
  house.pass(60s);
  const FakeExchange& too_many = house.chat("say:Hi", R"(,"max_tokens":6)");
  EXPECT_EQ(too_many.status(), 429);
  EXPECT_THAT(too_many.sent(), HasSubstr("3 per 10 minutes"));
}

TEST(Rate, CountsCallsForWhichThereIsNotOneTokenAndSaysHowLongBothAreInTheWay) {
  gateway::LimitRules rules = with(rule("key", limits::SlidingWindow{2, 600s}));
  rules.calls.push_back(rule("tokens", limits::SlidingWindow{8, 60s}, limits::Counted::tokens));
  WholeGateway house({}, "", {}, rules);
  EXPECT_EQ(house.chat("say:Hi", R"(,"max_tokens":2)").status(), 200) << "all eight";
  const FakeExchange& refused = house.chat("say:Hi", R"(,"max_tokens":2)");
  EXPECT_EQ(refused.status(), 429);
  EXPECT_THAT(refused.sent(), HasSubstr("8 tokens per 1 minute"));
  EXPECT_THAT(refused.fields(), AllOf(HasSubstr("\"key\";r=0"), HasSubstr("Retry-After: 600\r\n")));
  EXPECT_EQ(house.engine.prepared(), 1U);
  EXPECT_THAT(house.chat("say:Hi").sent(), HasSubstr("2 per 10 minutes"));
  house.pass(600s);
  EXPECT_EQ(house.chat("say:Hi", R"(,"max_tokens":2)").status(), 200) << "as was said";
}

TEST(Rate, DoesNotCountCallsThatAnotherRateOrAnotherCallRefuses) {
  gateway::LimitRules rules = with(rule("slow", limits::SlidingWindow{3, 600s}));
  rules.calls.push_back(rule("fast", limits::SlidingWindow{1, 1s}));
  rules.calls.push_back(rule("concurrency", limits::Concurrency{1}));
  WholeGateway house({}, "", {}, rules);
  EXPECT_EQ(house.chat("say:Hi").status(), 200);
  EXPECT_EQ(house.chat("say:Hi").status(), 429);
  house.pass(1s);
  house.engine.hold(true);
  house.chat("say:Hi");
  house.pass(1s);
  EXPECT_THAT(house.chat("say:Hi").fields(), HasSubstr("\"slow\";r=1"));
  house.engine.hold(false);
  house.settle();
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

TEST(Journal, DoesNotHoldACallThatTheEngineHasNotBegun) {
  Demo house;
  house.engine.mute();
  FakeExchange& waits = house.chat("loop:x");
  EXPECT_FALSE(waits.handled);
  EXPECT_TRUE(house.journal().left().empty());
  waits.leave();
  house.pass(1s);
  EXPECT_TRUE(waits.handled);
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

TEST(Strangers, LeaveCallersTheirRoom) {
  gateway::LimitRules rules = with(rule("concurrency", limits::Concurrency{1}));
  rules.strangers = limits::SlidingWindow{3, 60s};
  rules.bytes_for_callers = rules.bytes_for_strangers = 64 * 1024;
  WholeGateway house({}, "", {}, rules);
  for (int i = 0; i < 1000; ++i) {
    const std::string address = "10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250);
    house.ask(Ask{wire::Method::get, "/nothing", {}, {}, address});
  }
  EXPECT_EQ(house.chat("say:Hi").status(), 200);
}

TEST(Strangers, AreCountedWhereThePublicComesAlone) {
  gateway::LimitRules rules;
  rules.strangers = limits::SlidingWindow{1, 60s};
  rules.strangers_are_all = true;
  WholeGateway house({}, "", {}, rules);
  net::Handler &admin = house.gateway().admin_handler(), &socket = house.gateway().control_handler();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(house.ask(Ask{wire::Method::get, "/api/admin/tenants", house.with_key(), {}}, admin).status(), 403);
    EXPECT_EQ(house.ask(Ask{wire::Method::get, "/nothing", {}, {}}, admin).status(), 404);
    EXPECT_EQ(house.ask(Ask{wire::Method::get, "/nothing", {}, {}}, socket).status(), 404);
  }
  EXPECT_EQ(house.get("/nothing").status(), 404);
  EXPECT_EQ(house.get("/nothing").status(), 429);
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
