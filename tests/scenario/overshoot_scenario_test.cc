// The published overshoot protocol: many streams of many tenants at once, each tenant with a budget; the truth is counted at the clients.
#include <gmock/gmock.h>

#include <random>

#include "whole_gateway.h"

namespace gatehouse::testing {
namespace {

struct Buyer {
  std::string key;
  std::int64_t tokens = 0;  // that its clients were given: prompts and answers
  std::size_t streams = 0;  // that run
  bool refused = false;
};

class Protocol {
 public:
  Protocol(std::size_t tenants, std::size_t streams, std::int64_t budget) : house_(many_seats()), streams_(streams) {
    for (std::size_t i = 0; i < tenants; ++i) buyers_.push_back(buyer("t" + std::to_string(i), budget));
  }

  void run(unsigned seed) {
    std::mt19937 random(seed);
    for (bool more = true; more;) {
      more = false;
      for (Buyer& buyer : buyers_) {
        while (!buyer.refused && buyer.streams < streams_) begin(buyer, random);
        more = more || buyer.streams > 0;
      }
      house_.settle();
      std::erase_if(running_, [&](const Running& one) { return one.exchange->handled && finish(one); });
    }
  }
  const std::vector<Buyer>& buyers() const { return buyers_; }
  gateway::LedgerBook::Taken ledger() { return house_.gateway().ledger(house_.reactor).take(); }

 private:
  struct Running {
    Buyer* buyer;
    FakeExchange* exchange;
  };

  static engine::ScriptedOptions many_seats() {
    engine::ScriptedOptions options;
    options.seats = 64;
    return options;
  }

  Buyer buyer(const std::string& name, std::int64_t amount) {
    identity::TenantWish wish;
    wish.quota_per_day = 1'000'000;
    auto made = house_.done(house_.house().tenants().add(house_.reactor, TenantId(name), wish));
    GH_ASSERT(made.ok());
    store::Budget budget(store::BudgetId("of-" + name), TenantId(name));
    budget.created = std::chrono::floor<seconds>(house_.clock.wall());
    budget.unit = store::BudgetUnit::tokens;
    budget.period = store::BudgetPeriod::total;
    budget.amount = amount;
    GH_ASSERT(house_.done(house_.house().registry().create(house_.reactor, budget)).ok());
    Buyer buyer;
    buyer.key = made->key.text.expose();
    return buyer;
  }

  // Half of them end by themselves, half go on until they may not.
  void begin(Buyer& buyer, std::mt19937& random) {
    const std::string words = random() % 2 == 0 ? "loop:x" : "say:" + std::string(1 + random() % 90, 'x');
    FakeExchange& exchange =
        house_.ask(Ask{wire::Method::post,
                       "/v1/chat/completions",
                       {{"Authorization", "Bearer " + buyer.key}},
                       R"({"messages":[{"role":"user","content":")" + words + R"("}],"max_tokens":)" + std::to_string(20 + random() % 180) +
                           R"(,"stream":true,"stream_options":{"include_usage":true}})"});
    ++buyer.streams;
    running_.push_back({&buyer, &exchange});
  }

  bool finish(const Running& one) {
    --one.buyer->streams;
    if (one.exchange->status() == 429) {
      one.buyer->refused = true;
      return true;
    }
    EXPECT_EQ(one.exchange->status(), 200) << one.exchange->sent();
    const std::string& sent = one.exchange->sent();
    const std::string total = "\"total_tokens\":";
    const std::size_t at = sent.rfind(total);
    GH_ASSERT(at != std::string::npos);
    one.buyer->tokens += std::stoll(sent.substr(at + total.size()));
    return true;
  }

  WholeGateway house_;
  const std::size_t streams_;
  std::vector<Buyer> buyers_;
  std::vector<Running> running_;
};

TEST(Overshoot, IsNothingAndHardlyAnythingOfABudgetIsLost) {
  constexpr std::int64_t budget = 20'000;
  Protocol protocol(8, 128, budget);
  protocol.run(20261127);
  std::int64_t all = 0;
  for (const Buyer& buyer : protocol.buyers()) {
    EXPECT_LE(buyer.tokens, budget);
    EXPECT_GE(buyer.tokens, budget * 995 / 1000);
    all += buyer.tokens;
  }
  std::int64_t spent = 0, used = 0;
  const auto ledger = protocol.ledger();
  for (const store::BudgetSpend& spend : ledger.spent) spent += spend.units;
  for (const store::UsageRow& row : ledger.usage) used += row.prompt_tokens + row.completion_tokens;
  EXPECT_EQ(spent, all);
  EXPECT_EQ(used, all);
}

}  // namespace
}  // namespace gatehouse::testing
