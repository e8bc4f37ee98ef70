#include "limit_lines.h"

#include <gtest/gtest.h>

#include "gatehouse/base/random.h"

namespace gatehouse::gateway {
namespace {

using limits::Wait;

const limits::Limit a_minute = limits::SlidingWindow{100, seconds(60)};
const limits::Limit at_once = limits::Concurrency{4};
const limits::Limit a_day = limits::Allowance{1000, limits::Period::day};
const limits::Limit tokens = limits::SlidingWindow{1'000'000, seconds(60)};

std::vector<limits::Told> told() {
  return {
      {"key", &a_minute, {}, {}}, {"concurrency", &at_once, {}, {}}, {"daily-quota", &a_day, {}, {}}, {"tokens", &tokens, "tokens", {}}};
}

std::vector<limits::Charge> decided(std::initializer_list<std::pair<limits::Units, Wait>> said) {
  std::vector<limits::Charge> charges;
  for (const auto& [remaining, reset] : said) {
    charges.emplace_back().decision.remaining = remaining;
    charges.back().decision.reset = reset;
  }
  return charges;
}

Wait after(std::int64_t ms) { return Wait::after(milliseconds(ms)); }

TEST(LimitLines, SaysWhatEachLimitHasDecided) {
  LimitLines lines(told());
  const auto first = decided({{99, after(60'000)}, {3, Wait::unknown()}, {10, after(3'600'000)}, {999'000, after(60'000)}});
  EXPECT_EQ(lines.as_decided(first, BudgetLeft{"tokens", 1234}),
            "RateLimit-Policy: \"key\";q=100;w=60, \"concurrency\";q=4;qu=\"concurrent-requests\", \"daily-quota\";q=1000;w=86400, "
            "\"tokens\";q=1000000;w=60;qu=\"tokens\"\r\n"
            "RateLimit: \"key\";r=99;t=60, \"concurrency\";r=3, \"daily-quota\";r=10;t=3600, \"tokens\";r=999000;t=60\r\n"
            "x-ratelimit-limit-requests: 1000\r\nx-ratelimit-remaining-requests: 10\r\nx-ratelimit-reset-requests: 1h0m0s\r\n"
            "x-ratelimit-limit-tokens: 1000000\r\nx-ratelimit-remaining-tokens: 999000\r\nx-ratelimit-reset-tokens: 1m0s\r\n"
            "x-gatehouse-budget-remaining: 1234;unit=\"tokens\"\r\n");
  const auto then = decided({{9, after(1)}, {2, Wait::unknown()}, {99, Wait::never()}, {1'000'000, Wait()}});
  EXPECT_EQ(lines.as_decided(then, BudgetLeft{"money", 1'500'000'000}),
            "RateLimit-Policy: \"key\";q=100;w=60, \"concurrency\";q=4;qu=\"concurrent-requests\", \"daily-quota\";q=1000;w=86400, "
            "\"tokens\";q=1000000;w=60;qu=\"tokens\"\r\n"
            "RateLimit: \"key\";r=9;t=1, \"concurrency\";r=2, \"daily-quota\";r=99, \"tokens\";r=1000000;t=0\r\n"
            "x-ratelimit-limit-requests: 100\r\nx-ratelimit-remaining-requests: 9\r\nx-ratelimit-reset-requests: 1ms\r\n"
            "x-ratelimit-limit-tokens: 1000000\r\nx-ratelimit-remaining-tokens: 1000000\r\nx-ratelimit-reset-tokens: 0s\r\n"
            "x-gatehouse-budget-remaining: 1.5;unit=\"money\"\r\n");
}

TEST(LimitLines, NothingIsSaidWhereThereAreNoLimits) {
  LimitLines lines;
  EXPECT_EQ(lines.as_decided({}, std::nullopt), "");
  EXPECT_EQ(lines.as_decided({}, BudgetLeft{"tokens", 7}), "x-gatehouse-budget-remaining: 7;unit=\"tokens\"\r\n");
  EXPECT_EQ(lines.as_decided({}, std::nullopt), "");
}

// Whatever was said before, the next answer says what lines say that are new.
TEST(LimitLines, SaysTheSameAsLinesThatAreNew) {
  SeededRandom random{11};
  const auto number = [&random] { return random.next_u64() >> (random.next_u64() % 64); };
  LimitLines kept(told());
  limits::Units near = 0;
  for (int round = 0; round < 4'000; ++round) {
    const auto next_number = [&] { return near = random.next_u64() % 4 == 0 ? number() : near + random.next_u64() % 300 - 150; };
    const auto wait = [&] {
      const std::uint64_t kind = random.next_u64() % 8;
      return kind == 0 ? Wait::unknown() : kind == 1 ? Wait::never() : Wait::after_unsigned(kind == 2 ? number() : 60'000'000'000U + kind);
    };
    const auto charges = decided({{next_number(), wait()}, {next_number(), wait()}, {next_number(), wait()}, {next_number(), wait()}});
    std::optional<BudgetLeft> budget;
    if (const std::uint64_t kind = random.next_u64() % 4; kind > 0) budget = BudgetLeft{kind == 1 ? "money" : "tokens", next_number()};
    ASSERT_EQ(kept.as_decided(charges, budget), LimitLines(told()).as_decided(charges, budget)) << round;
  }
}

}  // namespace
}  // namespace gatehouse::gateway
