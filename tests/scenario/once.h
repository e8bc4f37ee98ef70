// tests/scenario/once.h — whoever asks the whole gateway with an Idempotency-Key.
// Threads  one
#pragma once
#include "people.h"

namespace gatehouse::testing {

inline const std::string chats = "/v1/chat/completions";
inline std::string saying(const std::string& content, const std::string& more = "") {
  return R"({"messages":[{"role":"user","content":")" + content + R"("}])" + more + "}";
}

inline limits::Rule calls_a_minute(std::size_t most) {
  limits::Rule rule;
  rule.name = "key";
  rule.origin = "a test";
  rule.limit = limits::SlidingWindow{most, seconds(60)};
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
  std::int64_t charged() {
    std::int64_t calls = 0;
    for (const store::UsageRow& row : house().gateway().ledger(house().reactor).take().usage) calls += row.requests;
    return calls;
  }
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

}  // namespace gatehouse::testing
