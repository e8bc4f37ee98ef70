// Requests with an Idempotency-Key before the whole gateway: made once, charged once, and answered as often as anybody asks.
#include "people.h"

namespace gatehouse::testing {
namespace {

using namespace std::chrono_literals;  // NOLINT: a test
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string chats = "/v1/chat/completions";
std::string saying(const std::string& content, const std::string& more = "") {
  return R"({"messages":[{"role":"user","content":")" + content + R"("}])" + more + "}";
}

limits::Rule calls_a_minute(std::size_t most) {
  limits::Rule rule;
  rule.name = "key";
  rule.origin = "a test";
  rule.limit = limits::SlidingWindow{most, 60s};
  rule.each_credential = true;
  return rule;
}

class Once : public ::testing::Test {
 protected:
  // Sends it; what is waited for is the caller's to say.
  FakeExchange& send(const std::string& key, const std::string& body, const std::string& path = chats, const std::string& credential = "") {
    std::vector<std::pair<std::string, std::string>> fields{
        {"Authorization", "Bearer " + (credential.empty() ? house().key() : credential)}};
    if (!key.empty()) fields.emplace_back("Idempotency-Key", key);
    return house().ask(Ask{wire::Method::post, path, std::move(fields), body});
  }
  FakeExchange& ask(const std::string& key, const std::string& body, const std::string& path = chats, const std::string& credential = "") {
    return over(send(key, body, path, credential));
  }
  FakeExchange& over(FakeExchange& exchange) {
    const auto patience = std::chrono::steady_clock::now() + seconds(30);
    while (!exchange.handled && std::chrono::steady_clock::now() < patience) house().reactor.context().run_one_for(milliseconds(10));
    EXPECT_TRUE(exchange.handled);
    house().settle();
    return exchange;
  }
  // Whatever the store was asked before is done, and what that led to.
  void let_the_store_answer() {
    EXPECT_TRUE(house().done(house().house().registry().store().idempotent_calls().drop_expired(house().reactor, store::Moment())).ok());
  }
  // The calls that were charged since the last time.
  std::size_t charged() { return house().gateway().ledger(house().reactor).take().slots.size(); }
  void set_quota(std::int64_t calls) {
    store::Tenant tenant = house().house().registry().current()->tenant(TenantId("demo"))->record;
    tenant.quota_per_day = calls;
    ASSERT_TRUE(house().done(house().house().registry().change(house().reactor, tenant)).ok());
  }
  void limit(limits::Rule rule) {
    gateway::LimitRules rules;
    rules.calls.push_back(std::move(rule));
    house_ = std::make_unique<WholeGateway>(engine::ScriptedOptions{}, "", gateway::Ceilings{}, std::move(rules));
  }
  // The model cannot make that pass, nor any after it.
  static engine::ScriptedOptions breaks_at_pass(int first) {
    engine::ScriptedOptions options;
    options.before_pass = [first, passes = 0]() mutable {
      if (++passes >= first) throw std::runtime_error("a failed pass");
    };
    return options;
  }
  void serve(engine::ScriptedOptions options) { house_ = std::make_unique<WholeGateway>(std::move(options)); }
  WholeGateway& house() { return *house_; }
  static std::string code(const FakeExchange& answer) {
    const std::string start = R"("code":")";
    const std::size_t at = answer.sent().find(start);
    return at == std::string::npos
               ? ""
               : answer.sent().substr(at + start.size(), answer.sent().find('"', at + start.size()) - at - start.size());
  }
  static bool replayed(const FakeExchange& answer) { return answer.fields().find("Idempotency-Replayed: true\r\n") != std::string::npos; }

 private:
  std::unique_ptr<WholeGateway> house_ = std::make_unique<WholeGateway>();
};

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

TEST_F(Once, AWholeAnswerIsMadeThoughItsClientHasGone) {
  house().engine.hold(true);
  FakeExchange& leaves = send("k", saying("say:Hello"));
  let_the_store_answer();
  house().settle();
  house().engine.hold(false);
  house().engine.hold(true);
  leaves.leave();
  house().settle();
  house().engine.hold(false);
  over(leaves);
  const FakeExchange& again = ask("k", saying("say:Hello"));
  EXPECT_EQ(again.status(), 200) << again.sent();
  EXPECT_THAT(again.sent(), HasSubstr(R"("content":"Hello")"));
  EXPECT_TRUE(replayed(again));
  EXPECT_EQ(charged(), 1U);
  EXPECT_EQ(house().engine.trace().open_seats, 0U);
}

TEST_F(Once, AStreamWhoseClientLeavesIsBrokenOffAndNeverMadeAgain) {
  const std::string body = saying("loop:x", R"(,"stream":true,"max_tokens":4000)");
  house().engine.hold(true);
  FakeExchange& leaves = send("k", body);
  leaves.stop_reading();
  let_the_store_answer();
  house().engine.hold(false);
  house().settle();
  ASSERT_EQ(leaves.status(), 200);
  ASSERT_FALSE(leaves.handled);
  leaves.leave();
  over(leaves);
  EXPECT_EQ(charged(), 1U);
  const FakeExchange& again = ask("k", body);
  EXPECT_EQ(again.status(), 409);
  EXPECT_EQ(code(again), "idempotent_call_broken_off");
  EXPECT_THAT(again.fields(), AllOf(HasSubstr("x-should-retry: false"), Not(HasSubstr("Retry-After"))));
  EXPECT_EQ(charged(), 0U);
}

TEST_F(Once, WhatFailedAfterItCostSomethingIsToldAgain) {
  serve(breaks_at_pass(3));
  const FakeExchange& first = ask("k", saying("say:Hello"));
  ASSERT_EQ(first.status(), 500);
  EXPECT_EQ(charged(), 1U) << "a word was made";
  const FakeExchange& again = ask("k", saying("say:Hello"));
  EXPECT_EQ(again.status(), 500);
  EXPECT_EQ(again.sent(), first.sent());
  EXPECT_TRUE(replayed(again));
  EXPECT_THAT(again.fields(), HasSubstr("x-should-retry: false"));
  EXPECT_EQ(charged(), 0U);
}

TEST_F(Once, AnEngineThatIsLostBeforeAWordIsAskedTwiceAndChargedOnce) {
  house().engine.hold(true);
  FakeExchange& first = send("k", saying("say:Hi"));
  let_the_store_answer();
  house().engine.lose();
  house().settle();
  house().engine.hold(false);
  house().engine.come_back();
  EXPECT_EQ(over(first).status(), 200);
  EXPECT_EQ(charged(), 1U);
  EXPECT_TRUE(replayed(ask("k", saying("say:Hi"))));
}

// Twice lost, and never back.
TEST_F(Once, AnEngineThatIsLostForGoodBeforeAWordCostsNothingAndLeavesTheKey) {
  for (const std::string more : {"", R"(,"stream":true)"}) {
    for (const bool comes_back : {true, false}) {
      const std::string key = "k" + more + (comes_back ? "1" : "0");
      house().engine.hold(true);
      FakeExchange& first = send(key, saying("say:Hi", more));
      let_the_store_answer();
      house().engine.lose();
      house().settle();
      if (comes_back) {
        house().engine.come_back();
        house().settle();
        house().engine.lose();
      } else {
        house().pass(6s);
      }
      EXPECT_EQ(over(first).status(), 503);
      EXPECT_EQ(code(first), "engine_lost");
      EXPECT_EQ(charged(), 0U) << more << comes_back;
      house().engine.hold(false);
      house().engine.come_back();
      const FakeExchange& retry = ask(key, saying("say:Hi", more));
      EXPECT_EQ(retry.status(), 200) << retry.sent();
      EXPECT_FALSE(replayed(retry));
      EXPECT_EQ(charged(), 1U);
    }
  }
}

TEST_F(Once, APassThatFailsBeforeAWordCostsNothingAndLeavesTheKey) {
  serve(breaks_at_pass(1));
  for (int i = 0; i < 2; ++i) {
    const FakeExchange& fails = ask("k", saying("say:Hi"));
    EXPECT_EQ(fails.status(), 500);
    EXPECT_FALSE(replayed(fails)) << "it was tried again";
  }
  EXPECT_EQ(charged(), 0U);
}

TEST_F(Once, WhatBrokeInTheMiddleIsNotMadeAgain) {
  house().engine.break_invariants();
  EXPECT_EQ(ask("k", saying("say:Hi")).status(), 500);
  const FakeExchange& again = ask("k", saying("say:Hi"));
  EXPECT_EQ(again.status(), 409);
  EXPECT_EQ(code(again), "idempotent_call_broken_off");
}

TEST_F(Once, AnAnswerOfMoreThanAMebibyteIsNotKeptAndNotMadeAgain) {
  const std::string body = saying("loop:x", R"(,"max_tokens":3500,"logprobs":true,"top_logprobs":20)");
  const FakeExchange& first = ask("k", body);
  ASSERT_EQ(first.status(), 200) << first.sent();
  ASSERT_GT(first.sent().size(), 1024U * 1024);
  EXPECT_EQ(charged(), 1U);
  const FakeExchange& again = ask("k", body);
  EXPECT_EQ(again.status(), 409);
  EXPECT_EQ(code(again), "idempotent_answer_not_kept");
  EXPECT_THAT(again.sent(), HasSubstr("too large to be kept"));
  EXPECT_EQ(charged(), 0U);
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
