// Requests with an Idempotency-Key before the whole gateway: made once, charged once, and answered as often as anybody asks.
#include "once.h"

namespace gatehouse::testing {
namespace {

using namespace std::chrono_literals;  // NOLINT: a test
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

TEST_F(Once, WhoeverAsksAgainIsToldTheFirstAnswerAndPaysNothing) {
  const FakeExchange& first = ask("k-1", saying("say:Hello"));
  ASSERT_EQ(first.status(), 200) << first.sent();
  EXPECT_FALSE(replayed(first));
  EXPECT_EQ(charged(), 1U);
  for (int i = 0; i < 3; ++i) {
    const FakeExchange& again = ask("k-1", saying("say:Hello"));
    EXPECT_EQ(again.status(), 200);
    EXPECT_EQ(again.sent(), first.sent()) << "its id and its usage, too";
    EXPECT_TRUE(replayed(again));
  }
  EXPECT_EQ(charged(), 0U);
  EXPECT_EQ(house().engine.prepared(), 1U);
  EXPECT_EQ(ask("k-2", saying("say:Hello")).status(), 200);
  EXPECT_EQ(ask("", saying("say:Hello")).status(), 200);
  EXPECT_EQ(charged(), 2U) << "another key, and none, are other requests";
}

TEST_F(Once, AStreamIsToldAgainEventByEvent) {
  const std::string body = saying("say:Hello", R"(,"stream":true,"stream_options":{"include_usage":true})");
  const FakeExchange& first = ask("k", body);
  ASSERT_EQ(first.status(), 200);
  EXPECT_THAT(first.sent(), EndsWith("data: [DONE]\n\n"));
  EXPECT_TRUE(first.complete());
  const FakeExchange& again = ask("k", body);
  EXPECT_EQ(again.sent(), first.sent());
  EXPECT_TRUE(again.complete());
  EXPECT_TRUE(replayed(again));
  EXPECT_THAT(again.fields(), AllOf(HasSubstr("Content-Type: text/event-stream; charset=utf-8"), HasSubstr("X-Accel-Buffering: no")));
  EXPECT_EQ(charged(), 1U);
}

TEST_F(Once, EveryDialectHasIt) {
  const std::vector<std::pair<std::string, std::string>> calls{
      {"/v1/completions", R"({"prompt":"say:Hi"})"},
      {"/v1/completions", R"({"prompt":"say:Hi","stream":true})"},
      {"/v1/messages", saying("say:Hi", R"(,"max_tokens":9)")},
      {"/v1/messages", saying("say:Hi", R"(,"max_tokens":9,"stream":true)")},
      {"/api/llm/generate", R"({"prompt":"say:Hi"})"},
      {"/api/v1/llm/generate", R"({"prompt":"say:Hi","stream":true})"},
      {"/api/llm/generate/api-key", R"({"prompt":"say:Hi"})"},
  };
  for (std::size_t i = 0; i < calls.size(); ++i) {
    const auto& [path, body] = calls[i];
    const std::string key = "k" + std::to_string(i);
    const FakeExchange& first = ask(key, body, path);
    EXPECT_EQ(first.status(), 200) << path << first.sent();
    const FakeExchange& again = ask(key, body, path);
    EXPECT_EQ(again.sent(), first.sent()) << path;
    EXPECT_TRUE(replayed(again)) << path;
    EXPECT_EQ(charged(), 1U) << path;
  }
}

TEST_F(Once, AnotherBodyIsRefused) {
  ASSERT_EQ(ask("k", saying("say:Hi")).status(), 200);
  const FakeExchange& other = ask("k", saying("say:Ho"));
  EXPECT_EQ(other.status(), 422);
  EXPECT_EQ(code(other), "idempotency_key_reused");
  EXPECT_THAT(other.sent(), HasSubstr(R"("param":"Idempotency-Key")"));
  const FakeExchange& messages = ask("m", saying("say:Hi", R"(,"max_tokens":9)"), "/v1/messages");
  ASSERT_EQ(messages.status(), 200);
  const FakeExchange& refused = ask("m", saying("say:Ho", R"(,"max_tokens":9)"), "/v1/messages");
  EXPECT_EQ(refused.status(), 422);
  EXPECT_THAT(refused.sent(), HasSubstr(R"("type":"invalid_request_error")"));
  EXPECT_EQ(charged(), 2U);
}

TEST_F(Once, AKeyIsItsCredentialsAndItsRoutesOwn) {
  std::vector<std::string> tokens;
  for (const char* tenant : {"demo", "system"}) {
    identity::TokenWish wish{TenantId(tenant)};
    wish.scopes = {"llm"};
    const auto token = house().done(house().house().tokens().issue(house().reactor, std::move(wish)));
    ASSERT_TRUE(token.ok());
    tokens.push_back(token->token.expose());
  }
  const std::string body = R"({"prompt":"say:Hi"})";
  ASSERT_EQ(ask("k", body, "/v1/completions").status(), 200);
  EXPECT_FALSE(replayed(ask("k", body, "/api/llm/generate")));
  EXPECT_FALSE(replayed(ask("k", body, "/v1/completions", tokens[0]))) << "the tenant's other credential";
  EXPECT_FALSE(replayed(ask("k", R"({"prompt":"say:Ho"})", "/v1/completions", tokens[1]))) << "another tenant may have said anything";
  EXPECT_TRUE(replayed(ask("k", body, "/v1/completions")));
  EXPECT_TRUE(replayed(ask("k", body, "/v1/completions", tokens[0])));
}

TEST_F(Once, OfManyAtOnceOneIsMade) {
  house().engine.hold(true);
  std::vector<FakeExchange*> all;
  for (int i = 0; i < 100; ++i) all.push_back(&send("k", saying("say:Hi")));
  let_the_store_answer();
  EXPECT_EQ(std::ranges::count_if(all, [](const FakeExchange* one) { return one->handled; }), 99);
  FakeExchange& runs = **std::ranges::find_if(all, [](const FakeExchange* one) { return !one->handled; });
  for (const FakeExchange* one : all) {
    if (one == &runs) continue;
    EXPECT_EQ(one->status(), 409);
    EXPECT_EQ(code(*one), "idempotency_key_in_flight");
    EXPECT_THAT(one->fields(), AllOf(HasSubstr("Retry-After: 1\r\n"), Not(HasSubstr("x-should-retry"))));
  }
  ASSERT_EQ(house().journal().left().size(), 1U);
  EXPECT_NE(house().journal().left().front().facts.mark, limits::CallMark()) << "the next process knows what was charged";
  house().engine.hold(false);
  EXPECT_EQ(over(runs).status(), 200);
  EXPECT_EQ(ask("k", saying("say:Hi")).sent(), runs.sent());
  EXPECT_EQ(charged(), 1U);
}

TEST_F(Once, NothingIsSentBeforeItsEndIsKept) {
  for (const char* more : {"", R"(,"stream":true)"}) {
    FakeExchange& first = send("k" + std::string(more), saying("say:Hi", more));
    // With each answer of the store the reactor does all that it can.
    while (!first.handled) {
      EXPECT_FALSE(first.complete());
      house().reactor.context().run_one_for(milliseconds(10));
    }
    EXPECT_TRUE(first.complete());
    EXPECT_EQ(ask("k" + std::string(more), saying("say:Hi", more)).sent(), first.sent());
  }
}

TEST_F(Once, WhatWasRefusedBeforeItCostAnythingMayBeAskedAgain) {
  house().engine.lose();
  EXPECT_EQ(ask("k", saying("say:Hi")).status(), 503);
  house().engine.come_back();
  EXPECT_EQ(ask("k", saying("say:Hi", R"(,"max_tokens":5000)")).status(), 400) << "what is refused leaves the key as it was";
  const FakeExchange& first = ask("k", saying("say:Hi"));
  EXPECT_EQ(first.status(), 200);
  EXPECT_FALSE(replayed(first));
  EXPECT_EQ(charged(), 1U);
}

TEST_F(Once, ARepeatCountsForRates) {
  limit(calls_a_minute(2));
  EXPECT_EQ(ask("k", saying("say:Hi")).status(), 200);
  const FakeExchange& again = ask("k", saying("say:Hi"));
  EXPECT_TRUE(replayed(again));
  EXPECT_THAT(again.fields(), HasSubstr("RateLimit: \"key\";r=0"));
  const FakeExchange& third = ask("k", saying("say:Hi"));
  EXPECT_EQ(third.status(), 429);
  EXPECT_FALSE(replayed(third));
  house().pass(60s);
  EXPECT_TRUE(replayed(ask("k", saying("say:Hi"))));
}

TEST_F(Once, ARepeatIsAnsweredThoughQuotaOrBudgetAreUsedUp) {
  limit(calls_a_minute(8));
  set_quota(1);
  const FakeExchange& first = ask("k", saying("say:Hi"));
  ASSERT_EQ(first.status(), 200);
  for (int i = 0; i < 2; ++i) {
    const FakeExchange& again = ask("k", saying("say:Hi"));
    EXPECT_TRUE(replayed(again)) << again.sent();
    EXPECT_EQ(again.sent(), first.sent());
  }
  const FakeExchange& another = ask("k-2", saying("say:Hi"));
  EXPECT_EQ(another.status(), 429);
  EXPECT_THAT(another.sent(), HasSubstr("Daily quota exceeded"));
  EXPECT_EQ(ask("k", saying("say:Ho")).status(), 422);
  set_quota(2);
  EXPECT_EQ(ask("k-2", saying("say:Hi")).status(), 200) << "what was refused had begun nothing";
  EXPECT_EQ(charged(), 2U);
  set_quota(0);
  int told = 0;
  while (replayed(ask("k", saying("say:Hi")))) ASSERT_LT(++told, 9);
  EXPECT_EQ(told, 2) << "and counts for rates then, too";
}

TEST_F(Once, IsForgottenADayLater) {
  EXPECT_EQ(ask("k", saying("say:Hi")).status(), 200);
  house().clock.advance(24h - 1s);
  EXPECT_TRUE(replayed(ask("k", saying("say:Hi"))));
  house().clock.advance(1s);
  EXPECT_FALSE(replayed(ask("k", saying("say:Ho")))) << "any request may have the key then";
  EXPECT_EQ(charged(), 2U);
}

TEST_F(Once, AKeyIsPrintableAndOfABoundedLength) {
  for (const std::string& bad : {std::string(), std::string(256, 'k'), std::string("k\x01"), std::string("\xc3\xa9")}) {
    FakeExchange& refused = over(house().ask(
        Ask{wire::Method::post, chats, {{"Authorization", "Bearer " + house().key()}, {"Idempotency-Key", bad}}, saying("say:Hi")}));
    EXPECT_EQ(refused.status(), 400) << bad;
    EXPECT_EQ(code(refused), "idempotency_key_invalid");
    EXPECT_FALSE(refused.body_was_read());
  }
  EXPECT_EQ(ask(std::string(255, '~'), saying("say:Hi")).status(), 200);
  EXPECT_EQ(ask("two words, \"quoted\"", saying("say:Hi")).status(), 200);
}

TEST_F(Once, CountingTokensTakesNoKey) {
  const std::string body = saying("say:Hi");
  const FakeExchange& first = ask("k", body, "/v1/messages/count_tokens");
  EXPECT_EQ(first.status(), 200) << first.sent();
  EXPECT_FALSE(replayed(ask("k", saying("say:Hello"), "/v1/messages/count_tokens")));
}

TEST_F(Once, LogsAndMetricsTellTheFirstFromTheRest) {
  ask("k", saying("say:Hi"));
  ask("k", saying("say:Hi"));
  ask("k", saying("say:Ho"));
  const std::string scraped = house().metrics.scrape();
  for (const char* outcome : {"first", "replayed", "refused"}) {
    EXPECT_THAT(scraped, HasSubstr("gatehouse_idempotent_requests_total{outcome=\"" + std::string(outcome) + "\"} 1\n"));
  }
  const std::string log = house().close_access_log();
  EXPECT_EQ(count(log, R"("finish":"replayed")"), 1U) << log;
  EXPECT_EQ(count(log, R"("rule":"idempotency.reused")"), 1U) << log;
}

}  // namespace
}  // namespace gatehouse::testing
