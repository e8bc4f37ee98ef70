// Answers that are told again before the whole gateway: to whom, for how long, at what price, and to those who ask while one is made.
#include <gmock/gmock.h>

#include <algorithm>
#include <functional>
#include <memory>

#include "demo.h"

namespace gatehouse::testing {
namespace {

using namespace std::chrono_literals;  // NOLINT: a test
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string chat_route = "/v1/chat/completions";
const std::string greedy = R"(,"temperature":0)", greedy_stream = R"(,"temperature":0,"stream":true)";

gateway::CacheRules cache_of(ByteCount size = mib(8), seconds ttl = 60s) { return {true, ttl, size}; }

std::string to_say(const std::string& content, const std::string& more = greedy) {
  return R"({"messages":[{"role":"user","content":")" + content + R"("}])" + more + "}";
}

std::string field_of(const FakeExchange& answer, const std::string& name) {
  const std::string start = name + ": ";
  const std::size_t at = answer.fields().find(start);
  if (at == std::string::npos) return "";
  return answer.fields().substr(at + start.size(), answer.fields().find('\r', at) - at - start.size());
}
std::string cached(const FakeExchange& answer) { return field_of(answer, "x-gatehouse-cache"); }

class Cache : public ::testing::Test {
 protected:
  void open(gateway::LimitRules limits = {}, gateway::CacheRules cache = cache_of(), engine::ScriptedOptions engine = {}) {
    house_ = std::make_unique<Demo>(std::move(limits), cache, std::move(engine));
  }
  Demo& house() { return *house_; }
  FakeExchange& ask(const std::string& body, const std::string& path = chat_route,
                    std::vector<std::pair<std::string, std::string>> more = {}, const std::string& credential = "") {
    more.emplace_back("Authorization", "Bearer " + (credential.empty() ? house().key() : credential));
    return house().ask(Ask{wire::Method::post, path, std::move(more), body});
  }
  FakeExchange& over(FakeExchange& exchange) {
    const auto patience = std::chrono::steady_clock::now() + seconds(30);
    while (!exchange.handled && std::chrono::steady_clock::now() < patience) house().reactor.context().run_one_for(milliseconds(10));
    EXPECT_TRUE(exchange.handled);
    house().settle();
    return exchange;
  }
  std::string token_of(const std::string& tenant) {
    identity::TokenWish wish{TenantId(tenant)};
    wish.scopes = {"llm"};
    const auto token = house().done(house().house().tokens().issue(house().reactor, std::move(wish)));
    GH_ASSERT(token.ok());
    return token->token.expose();
  }
  std::uint32_t made() { return house().engine.prepared(); }
  double metric(const std::string& name) {
    const std::string scraped = "\n" + house().metrics.scrape(), start = "\n" + name + " ";
    const std::size_t at = scraped.find(start);
    return at == std::string::npos ? -1 : std::stod(scraped.substr(at + start.size()));
  }
  // Of many at once: the one whose answer is made.
  std::vector<FakeExchange*> ask_at_once(int count, const std::string& body) {
    house().engine.hold(true);
    std::vector<FakeExchange*> all;
    for (int i = 0; i < count; ++i) all.push_back(&ask(body));
    EXPECT_EQ(house().engine.jobs(), 1U);
    return all;
  }
  void let_it_be_made() {
    house().engine.hold(false);
    house().settle();
  }

 private:
  std::unique_ptr<Demo> house_ = std::make_unique<Demo>(gateway::LimitRules(), cache_of());
};

TEST_F(Cache, IsOffByDefault) {
  open({}, {});
  EXPECT_EQ(ask(to_say("say:Hi")).status(), 200);
  EXPECT_EQ(cached(ask(to_say("say:Hi"))), "");
  EXPECT_EQ(made(), 2U);
}

TEST_F(Cache, TellsInEveryDialectWholeOrAsAStreamByteForByte) {
  const std::vector<std::pair<std::string, std::string>> calls{
      {chat_route, to_say("say:Hi")},
      {chat_route, to_say("say:Hi", greedy + R"(,"logprobs":true,"top_logprobs":3)")},
      {chat_route, to_say("say:Hi", greedy_stream)},
      {chat_route, to_say("say:Hi", greedy_stream + R"(,"stream_options":{"include_usage":true})")},
      {chat_route, to_say("say:Hi", greedy + R"(,"n":2)")},
      {"/v1/completions", R"({"prompt":"say:Hi","temperature":0})"},
      {"/v1/completions", R"({"prompt":"say:Hi","temperature":0,"echo":true})"},
      {"/v1/completions", R"({"prompt":"say:Hi","temperature":0,"stream":true})"},
      {"/v1/messages", to_say("say:Hi", greedy + R"(,"max_tokens":9)")},
      {"/v1/messages", to_say("say:Hi", greedy_stream + R"(,"max_tokens":9)")},
      {"/api/llm/generate", R"({"prompt":"say:Hi","temperature":0})"},
      {"/api/llm/generate", R"({"prompt":"say:Hi","temperature":0,"stream":true})"},
  };
  for (const auto& [path, body] : calls) {
    const std::uint32_t before = made();
    const FakeExchange& first = ask(body, path);
    EXPECT_EQ(first.status(), 200) << body << first.sent();
    EXPECT_EQ(cached(first), "miss") << body;
    const FakeExchange& again = ask(body, path);
    EXPECT_EQ(again.status(), 200);
    EXPECT_EQ(again.sent(), first.sent()) << "its id, too";
    EXPECT_EQ(cached(again), "hit") << body;
    EXPECT_TRUE(again.complete());
    EXPECT_EQ(field_of(again, "Content-Type"), field_of(first, "Content-Type"));
    EXPECT_NE(field_of(again, "X-Request-Id"), field_of(first, "X-Request-Id"));
    EXPECT_EQ(made(), before + 1) << body;
  }
}

TEST_F(Cache, KnowsRequestsApartByAllThatTheyAskFor) {
  const std::vector<std::string> bodies{
      to_say("say:Hi"),
      to_say("say:Ho"),
      to_say("say:Hi", greedy_stream),
      to_say("say:Hi", greedy_stream + R"(,"stream_options":{"include_usage":true})"),
      to_say("say:Hi", greedy + R"(,"max_tokens":50)"),
      to_say("say:Hi", greedy + R"(,"max_tokens":51)"),
      to_say("say:Hi", greedy + R"(,"n":2)"),
      to_say("say:Hi", greedy + R"(,"stop":["x"])"),
      to_say("say:Hi", greedy + R"(,"seed":1)"),
      to_say("say:Hi", greedy + R"(,"logprobs":true)"),
      to_say("say:Hi", greedy + R"(,"frequency_penalty":1)"),
      to_say("say:Hi", greedy + R"(,"logit_bias":{"5":1})"),
      R"({"messages":[{"role":"system","content":"x"},{"role":"user","content":"say:Hi"}],"temperature":0})",
  };
  for (const std::string& body : bodies) EXPECT_EQ(cached(ask(body)), "miss") << body;
  for (const std::string& body : bodies) EXPECT_EQ(cached(ask(body)), "hit") << body;
  EXPECT_EQ(cached(ask(R"({"prompt":"say:Hi","temperature":0})", "/v1/completions")), "miss");
  EXPECT_EQ(cached(ask(to_say("say:Hi", greedy + R"(,"max_tokens":50)"), "/v1/messages")), "miss") << "another dialect's words";
}

TEST_F(Cache, IsNotForWhatIsDrawn) {
  for (const char* more : {"", R"(,"temperature":0.01)", R"(,"seed":7)"}) {
    for (int i = 0; i < 2; ++i) EXPECT_EQ(cached(ask(to_say("say:Hi", more))), "bypass") << more;
  }
  EXPECT_EQ(made(), 6U);
}

TEST_F(Cache, IsTheTenantsAndNobodyElses) {
  ASSERT_EQ(cached(ask(to_say("say:Hi"))), "miss");
  EXPECT_EQ(cached(ask(to_say("say:Hi"), chat_route, {}, token_of("demo"))), "hit") << "whoever of the tenant asks";
  const std::string others = token_of("system");
  EXPECT_EQ(cached(ask(to_say("say:Hi"), chat_route, {}, others)), "miss");
  EXPECT_EQ(made(), 2U);
}

TEST_F(Cache, DoesAsItsClientWishes) {
  using Fields = std::vector<std::pair<std::string, std::string>>;
  const Fields anew{{"Cache-Control", "no-cache"}}, none{{"Cache-Control", "no-store"}};
  EXPECT_EQ(cached(ask(to_say("say:Hi"), chat_route, none)), "bypass");
  EXPECT_EQ(cached(ask(to_say("say:Hi"))), "miss") << "nothing was kept";
  const FakeExchange& renewed = ask(to_say("say:Hi"), chat_route, anew);
  EXPECT_EQ(cached(renewed), "refresh");
  EXPECT_EQ(made(), 3U);
  const FakeExchange& last = ask(to_say("say:Hi"));
  EXPECT_EQ(cached(last), "hit");
  EXPECT_EQ(last.sent(), renewed.sent());
  EXPECT_EQ(cached(over(ask(to_say("say:Hi"), chat_route, {{"Idempotency-Key", "k"}}))), "bypass");
  EXPECT_EQ(made(), 4U);
}

TEST_F(Cache, ForgetsWhatIsOldAndWhatThereIsNoRoomFor) {
  open({}, cache_of(kib(16), 60s));
  ask(to_say("say:0"));
  house().clock.advance(59s);
  EXPECT_EQ(cached(ask(to_say("say:0"))), "hit");
  house().clock.advance(1s);
  EXPECT_EQ(cached(ask(to_say("say:0"))), "miss");
  for (int i = 0; i < 100; ++i) EXPECT_EQ(cached(ask(to_say("say:" + std::to_string(100 + i)))), "miss");
  EXPECT_LE(metric("gatehouse_cache_bytes"), 16 * 1024);
  EXPECT_GT(metric("gatehouse_cache_answers"), 8);
  EXPECT_EQ(metric(R"(gatehouse_cache_evictions_total{reason="age"})"), 1);
  EXPECT_GT(metric(R"(gatehouse_cache_evictions_total{reason="room"})"), 50);
  EXPECT_EQ(cached(ask(to_say("say:199"))), "hit");
  EXPECT_EQ(cached(ask(to_say("say:0"))), "miss");
}

TEST_F(Cache, AHitCountsForRatesAndQuotaAndTakesNoTokens) {
  open(with(rule("key", limits::SlidingWindow{4, 60s})));
  house().set_quota(3);
  house().set_budget(store::BudgetUnit::tokens, 100);
  ASSERT_EQ(cached(ask(to_say("say:Hi"))), "miss");
  const std::int64_t spent = house().budget_use().spent;
  EXPECT_EQ(spent, 6 + 2);
  for (int left = 1; left >= 0; --left) {
    const FakeExchange& hit = ask(to_say("say:Hi"));
    EXPECT_EQ(cached(hit), "hit");
    EXPECT_THAT(hit.fields(), HasSubstr("\"daily-quota\";r=" + std::to_string(left) + ";"));
    EXPECT_THAT(hit.fields(), HasSubstr("\"key\";r=" + std::to_string(left + 1) + ";"));
    EXPECT_THAT(hit.fields(), HasSubstr("x-gatehouse-budget-remaining: " + std::to_string(100 - spent) + ";"));
  }
  EXPECT_EQ(house().budget_use().spent, spent);
  EXPECT_EQ(house().budget_use().reserved, 0);
  EXPECT_THAT(ask(to_say("say:Hi")).sent(), HasSubstr("Daily quota exceeded"));
  house().set_quota(9);
  EXPECT_EQ(ask(to_say("say:Hi")).status(), 429) << "the fifth in a minute";
  const auto ledger = house().ledger();
  EXPECT_EQ(ledger.usage.at(0).requests, 3);
  EXPECT_EQ(ledger.usage.at(0).prompt_tokens, 6);
  EXPECT_EQ(ledger.usage.at(0).completion_tokens, 2);
}

TEST_F(Cache, AHitCostsThePriceOfACallAndSaysSo) {
  gateway::LimitRules rules;
  rules.prices["scripted"] = {100, 10, 1000, 5};
  open(rules);
  house().set_budget(store::BudgetUnit::money, 1'000'000);
  for (const std::string& more : {greedy, greedy_stream + R"(,"stream_options":{"include_usage":true})"}) {
    const FakeExchange& first = ask(to_say("say:Hi", more));
    EXPECT_EQ(field_of(first, "x-gatehouse-cost"), more == greedy ? "0.000002605" : "");
    EXPECT_THAT(first.sent(), HasSubstr(R"("cost":0.000002605)"));
    const FakeExchange& hit = ask(to_say("say:Hi", more));
    EXPECT_EQ(field_of(hit, "x-gatehouse-cost"), "0.000000005");
    std::string expected = first.sent();
    const std::string price = "0.000002605";
    expected.replace(expected.find(price), price.size(), "0.000000005");
    EXPECT_EQ(hit.sent(), expected);
  }
  EXPECT_EQ(house().budget_use().spent, 2 * (2605 + 5));
  EXPECT_EQ(house().ledger().usage.at(0).cost, 2 * (2605 + 5));
}

TEST_F(Cache, WhatABudgetCutShortIsToldToNobody) {
  house().set_budget(store::BudgetUnit::tokens, 6 + 3);
  const FakeExchange& cut = ask(to_say("loop:x", greedy + R"(,"max_tokens":9)"));
  EXPECT_THAT(cut.sent(), HasSubstr(R"("content":"xxx")"));
  house().change_budget(1000);
  const FakeExchange& whole = ask(to_say("loop:x", greedy + R"(,"max_tokens":9)"));
  EXPECT_EQ(cached(whole), "miss");
  EXPECT_THAT(whole.sent(), HasSubstr(R"("content":"xxxxxxxxx")"));
}

TEST_F(Cache, WhatFailsIsToldToNobody) {
  EXPECT_EQ(ask(to_say("say:Hi", greedy + R"(,"max_tokens":5000)")).status(), 400);
  EXPECT_EQ(ask(to_say("say:Hi", greedy + R"(,"max_tokens":5000)")).status(), 400);
  house().engine.lose();
  EXPECT_EQ(ask(to_say("say:Hi")).status(), 503);
  house().engine.come_back();
  EXPECT_EQ(cached(ask(to_say("say:Hi"))), "miss");
  EXPECT_EQ(metric("gatehouse_cache_hits_total"), 0);
}

TEST_F(Cache, OfEqualOnesAtOnceOneIsMade) {
  for (const std::string& more : {greedy, greedy_stream}) {
    const std::uint32_t before = made();
    const std::vector<FakeExchange*> all = ask_at_once(50, to_say("say:Hello", more));
    EXPECT_TRUE(std::ranges::none_of(all, [](const FakeExchange* one) { return one->handled; }));
    let_it_be_made();
    for (const FakeExchange* one : all) {
      EXPECT_TRUE(one->handled);
      EXPECT_EQ(one->status(), 200);
      EXPECT_EQ(one->sent(), all.front()->sent());
      EXPECT_EQ(cached(*one), one == all.front() ? "miss" : "hit");
    }
    EXPECT_EQ(made(), before + 1);
  }
  EXPECT_EQ(metric("gatehouse_cache_shared_total"), 98);
  EXPECT_EQ(metric("gatehouse_cache_hits_total"), 98);
  EXPECT_EQ(metric("gatehouse_cache_misses_total"), 2);
  EXPECT_EQ(metric("gatehouse_reservations_outstanding"), 0);
}

TEST_F(Cache, WhereTheFirstClientLeavesTheNextOneMakesIt) {
  const std::vector<FakeExchange*> all = ask_at_once(4, to_say("say:Hello"));
  all[1]->leave();
  house().settle();
  EXPECT_TRUE(all[1]->handled);
  all[0]->leave();
  house().settle();
  EXPECT_TRUE(all[0]->handled);
  EXPECT_EQ(house().engine.jobs(), 1U) << "another's";
  let_it_be_made();
  for (const std::size_t i : {2U, 3U}) {
    EXPECT_EQ(all[i]->status(), 200);
    EXPECT_THAT(all[i]->sent(), HasSubstr("Hello"));
    EXPECT_EQ(cached(*all[i]), i == 2 ? "miss" : "hit");
  }
}

TEST_F(Cache, WhereABudgetCutsTheFirstShortTheNextOneTries) {
  house().set_budget(store::BudgetUnit::tokens, 6 + 2 + 1);
  const std::vector<FakeExchange*> all = ask_at_once(2, to_say("loop:x", greedy + R"(,"max_tokens":5)"));
  house().change_budget(7);
  let_it_be_made();
  EXPECT_THAT(all[0]->sent(), HasSubstr(R"("content":"xx")"));
  EXPECT_EQ(all[1]->status(), 429);
  EXPECT_EQ(cached(*all[1]), "miss");
}

TEST_F(Cache, WhereTheEngineIsLostTheNextOneTries) {
  const std::vector<FakeExchange*> all = ask_at_once(2, to_say("loop:x", greedy + R"(,"max_tokens":500)"));
  house().engine.lose();
  house().pass(6s);
  EXPECT_EQ(all[0]->status(), 503);
  EXPECT_EQ(all[1]->status(), 503);
  house().engine.come_back();
  house().engine.hold(false);
  EXPECT_EQ(cached(ask(to_say("loop:x", greedy + R"(,"max_tokens":500)"))), "miss");
}

TEST_F(Cache, WhoWaitsDoesSoUntilItsOwnDeadline) {
  const std::vector<FakeExchange*> all = ask_at_once(2, to_say("say:Hello"));
  house().pass(601s);
  for (const FakeExchange* one : all) {
    EXPECT_TRUE(one->handled);
    EXPECT_EQ(one->status(), 504);
  }
}

TEST_F(Cache, WhoIsRevokedWhileItWaitsIsToldNothing) {
  const std::string token = token_of("demo");
  const std::vector<FakeExchange*> all = ask_at_once(1, to_say("say:Hello"));
  FakeExchange& waits = ask(to_say("say:Hello"), chat_route, {}, token);
  EXPECT_EQ(house().engine.jobs(), 1U);
  ASSERT_TRUE(house().done(house().house().tokens().revoke(house().reactor, Secret(std::string(token)))).ok());
  EXPECT_TRUE(waits.handled);
  EXPECT_EQ(waits.status(), 401);
  let_it_be_made();
  EXPECT_EQ(all[0]->status(), 200);
  EXPECT_EQ(ask(to_say("say:Hello"), chat_route, {}, token).status(), 401);
}

TEST_F(Cache, AnAnswerThatIsTooLargeIsMadeByEach) {
  const std::string body = to_say("loop:x", greedy + R"(,"max_tokens":3500,"logprobs":true,"top_logprobs":20)");
  const std::vector<FakeExchange*> all = ask_at_once(3, body);
  let_it_be_made();
  for (const FakeExchange* one : all) {
    EXPECT_EQ(one->status(), 200);
    EXPECT_GT(one->sent().size(), 1024U * 1024);
    EXPECT_EQ(cached(*one), "miss");
  }
  EXPECT_EQ(made(), 3U);
}

TEST_F(Cache, AModelThatIsUnloadedAnswersNobody) {
  ASSERT_EQ(cached(ask(to_say("say:Hi"))), "miss");
  house().engine.unload();
  EXPECT_EQ(ask(to_say("say:Hi")).status(), 503);
  house().engine.load();
  EXPECT_EQ(cached(ask(to_say("say:Hi"))), "miss");
  EXPECT_EQ(cached(ask(to_say("say:Hi"))), "hit");
  house().gateway().forget_answers("scripted");
  EXPECT_EQ(cached(ask(to_say("say:Hi"))), "miss");
}

TEST_F(Cache, NothingIsKeptOfATenantWhoIsGone) {
  ASSERT_TRUE(house().done(house().house().tenants().add(house().reactor, TenantId("acme"), {})).ok());
  ASSERT_EQ(cached(ask(to_say("say:Hi"), chat_route, {}, token_of("acme"))), "miss");
  ASSERT_EQ(cached(ask(to_say("say:Hi"))), "miss");
  EXPECT_EQ(metric("gatehouse_cache_answers"), 2);
  ASSERT_TRUE(house().done(house().house().tenants().remove(house().reactor, TenantId("acme"), std::nullopt)).ok());
  EXPECT_EQ(metric("gatehouse_cache_answers"), 1);
}

TEST_F(Cache, LogsTellHitsFromTheRest) {
  ask(to_say("say:Hi"));
  ask(to_say("say:Hi"));
  const std::string log = house().close_access_log();
  EXPECT_EQ(count(log, R"("prompt_tokens":0,"completion_tokens":0,"finish":"cached")"), 1U) << log;
  EXPECT_EQ(count(log, R"("finish":"stop")"), 1U) << log;
}

}  // namespace
}  // namespace gatehouse::testing
