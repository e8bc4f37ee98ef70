#include "gatehouse/limits/fields.h"

#include <gtest/gtest.h>

#include <array>

#include "test_moment.h"

namespace gatehouse::limits {
namespace {

const Limit key_window = SlidingWindow{100, seconds(60)}, token_window = SlidingWindow{60'000, seconds(60)},
            burst_rate = Gcra{10, seconds(60), 4}, call_slots = Concurrency{8}, day_quota = Allowance{1000, Period::day},
            month_budget = Allowance{2000, Period::month};

Told told(std::string_view name, const Limit& limit, Units remaining, Wait reset, std::string_view unit = {}) {
  return Told{name, &limit, unit, Decision{true, remaining, reset, Wait()}};
}

TEST(RateLimitFields, ArePoliciesAndWhatIsLeftOfThem) {
  const std::array<Told, 2> both{told("key", key_window, 99, in_seconds(60)),
                                 told("tpm", token_window, 5123, Wait::after(nanoseconds(16'000'000'001)), "tokens")};
  EXPECT_EQ(rate_limit_policy(both), R"("key";q=100;w=60, "tpm";q=60000;w=60;qu="tokens")");
  EXPECT_EQ(rate_limit(both), R"("key";r=99;t=60, "tpm";r=5123;t=17)");
  EXPECT_EQ(rate_limit_policy({}), "");
  EXPECT_EQ(rate_limit({}), "");
}

TEST(RateLimitFields, OfEachKindOfLimit) {
  const std::array<Told, 4> all{told("rate", burst_rate, 1, in_seconds(18)), told("calls", call_slots, 3, Wait::unknown()),
                                told("day", day_quota, 0, Wait()), told("month", month_budget, 7, Wait::never(), "tokens")};
  EXPECT_EQ(rate_limit_policy(all),
            R"("rate";q=4;w=24, "calls";q=8;qu="concurrent-requests", "day";q=1000;w=86400, "month";q=2000;qu="tokens")");
  EXPECT_EQ(rate_limit(all), R"("rate";r=1;t=18, "calls";r=3, "day";r=0;t=0, "month";r=7)");
}

TEST(RateLimitFields, StayStructuredWhateverTheNameIs) {
  const Limit huge = Allowance{std::numeric_limits<Units>::max(), Period::total};
  const std::array<Told, 1> odd{told("a\"b\\c\r\nd\xc3\xa9", huge, std::numeric_limits<Units>::max(), Wait())};
  EXPECT_EQ(rate_limit_policy(odd), R"("a\"b\\cd";q=999999999999999)");
  EXPECT_EQ(rate_limit(odd), R"("a\"b\\cd";r=999999999999999;t=0)");
}

TEST(RetryFields, AreRoundedUp) {
  EXPECT_EQ(whole_seconds(Wait()), 0U);
  EXPECT_EQ(whole_seconds(Wait::after(nanoseconds(1))), 1U);
  EXPECT_EQ(whole_seconds(in_seconds(60)), 60U);
  EXPECT_EQ(whole_seconds(Wait::after(nanoseconds(60'000'000'001))), 61U);
  EXPECT_EQ(whole_milliseconds(Wait::after(nanoseconds(1))), 1U);
  EXPECT_EQ(whole_milliseconds(Wait::after(milliseconds(250))), 250U);
  EXPECT_EQ(whole_seconds(Wait::after(nanoseconds::max())), 9'223'372'037U);
  for (const Wait none : {Wait::never(), Wait::unknown()}) {
    EXPECT_FALSE(whole_seconds(none).has_value());
    EXPECT_FALSE(whole_milliseconds(none).has_value());
    EXPECT_FALSE(duration_text(none).has_value());
  }
}

TEST(RetryFields, LongWaitsAreNotForClientsToSleepThrough) {
  EXPECT_TRUE(worth_a_retry(in_seconds(30)));
  EXPECT_FALSE(worth_a_retry(in_seconds(31)));
  EXPECT_FALSE(worth_a_retry(Wait::never()));
  EXPECT_TRUE(worth_a_retry(Wait::unknown())) << "a call that ends makes room";
}

TEST(DurationText, IsAsOpenAiWritesIt) {
  const auto text = [](std::int64_t ns) { return duration_text(Wait::after(nanoseconds(ns))).value(); };
  EXPECT_EQ(text(0), "0s");
  EXPECT_EQ(text(1), "1ms");
  EXPECT_EQ(text(12'000'000), "12ms");
  EXPECT_EQ(text(999'000'001), "1s");
  EXPECT_EQ(text(1'000'000'000), "1s");
  EXPECT_EQ(text(8'640'000'000), "8.64s");
  EXPECT_EQ(text(1'005'000'000), "1.005s");
  EXPECT_EQ(text(360'000'000'000), "6m0s");
  EXPECT_EQ(text(86'400'000'000), "1m26.4s");
  EXPECT_EQ(text(3'600'250'000'000), "1h0m0.25s");
}

}  // namespace
}  // namespace gatehouse::limits
