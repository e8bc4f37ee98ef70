#include "gatehouse/limits/gcra.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <random>
#include <vector>

#include "test_moment.h"

namespace gatehouse::limits {
namespace {

class GcraTest : public testing::Test {
 protected:
  Decision decide(const Moment& now, Units volume = 1) {
    const Decision said = look(rule, debt, volume, now);
    if (said.admitted) spend(rule, debt, volume, Spend::at_once, now);
    return said;
  }
  Gcra rule{2, seconds(10), 3};  // one in five seconds, three at once
  GcraDebt debt;
};

TEST_F(GcraTest, AdmitsTheBurstAndThenTheRate) {
  EXPECT_EQ(decide(at_second(0)), admit(2, in_seconds(5)));
  EXPECT_EQ(decide(at_second(0)), admit(1, in_seconds(10)));
  EXPECT_EQ(decide(at_second(0)), admit(0, in_seconds(15)));
  EXPECT_EQ(decide(at_second(1)), refuse(0, in_seconds(14), in_seconds(4)));
  EXPECT_EQ(decide(at_second(5)), admit(0, in_seconds(15)));
  EXPECT_EQ(decide(at_second(20)), admit(2, in_seconds(5))) << "what is not used is kept up to the burst";
}

TEST_F(GcraTest, ABurstOfOneAdmitsOne) {
  rule = {1, seconds(1), 1};
  EXPECT_EQ(decide(at_second(0)), admit(0, in_seconds(1)));
  EXPECT_EQ(decide(at_ns(999'999'999)), refuse(0, Wait::after(nanoseconds(1)), Wait::after(nanoseconds(1))));
  EXPECT_EQ(decide(at_second(1)), admit(0, in_seconds(1)));
}

TEST_F(GcraTest, VolumesAndLooks) {
  EXPECT_EQ(decide(at_second(0), 2), admit(1, in_seconds(10)));
  EXPECT_EQ(decide(at_second(0), 2), refuse(1, in_seconds(10), in_seconds(5)));
  EXPECT_EQ(decide(at_second(0), 4), refuse(1, in_seconds(10), Wait::never()));
  EXPECT_EQ(decide(at_second(0), 0), admit(1, in_seconds(10)));
}

TEST_F(GcraTest, ARateThatDoesNotDivideIsExact) {
  rule = {3, nanoseconds(10), 1};  // each takes three nanoseconds and a third
  std::int64_t admitted = 0;
  for (std::int64_t ns = 0; ns < 10'000; ++ns) admitted += decide(at_ns(ns)).admitted ? 1 : 0;
  EXPECT_EQ(admitted, 2500) << "every fourth nanosecond, since a burst of one keeps no thirds";
  rule.burst = 2;
  debt = {};
  admitted = 0;
  for (std::int64_t ns = 0; ns < 10'000; ++ns) admitted += decide(at_ns(ns)).admitted ? 1 : 0;
  EXPECT_EQ(admitted, 2 + 9'999 * 3 / 10) << "burst + rate · t";
}

TEST_F(GcraTest, AClockThatGoesBackGivesNothingAndItsWaitsAreTrue) {
  decide(at_second(100), 3);
  EXPECT_EQ(decide(at_second(90)), refuse(0, in_seconds(25), in_seconds(15)));
  EXPECT_TRUE(decide(at_second(105)).admitted);
}

TEST_F(GcraTest, EndsOfTimeAndHugeNumbersDoNotOverflow) {
  rule = {most_units, nanoseconds::max(), most_units};
  const Moment first = at_ns(std::numeric_limits<std::int64_t>::min()), last = at_ns(std::numeric_limits<std::int64_t>::max());
  EXPECT_TRUE(decide(first, most_units).admitted);
  EXPECT_FALSE(decide(first, most_units).admitted);
  EXPECT_TRUE(decide(last, most_units).admitted);
  spend(rule, debt, std::numeric_limits<Units>::max(), Spend::at_once, last);
  EXPECT_EQ(look(rule, debt, 1, last).remaining, 0U);
  EXPECT_EQ(look(rule, debt, std::numeric_limits<Units>::max(), last).retry, Wait::never());
}

TEST_F(GcraTest, WhatWasNotUsedComesBack) {
  const Hold hold = spend(rule, debt, 3, Spend::by_use, at_second(0));
  settle(rule, debt, hold, 1, at_second(0));
  EXPECT_EQ(decide(at_second(0), 0), admit(2, in_seconds(5)));
}

TEST_F(GcraTest, WhatCanHaveBeenWorkedOffDoesNotComeBack) {
  const Hold a = spend(rule, debt, 2, Spend::by_use, at_second(0)), b = spend(rule, debt, 1, Spend::by_use, at_second(0));
  settle(rule, debt, a, 0, at_second(0));
  EXPECT_TRUE(decide(at_second(5), 3).admitted);
  settle(rule, debt, b, 0, at_second(5));
  EXPECT_FALSE(decide(at_second(5)).admitted) << "three were admitted just now";
}

// Calls that were made good: those that are left are never more than burst + rate · t, between any two of them.
class Promise {
 public:
  explicit Promise(std::uint64_t seed) : dice_(seed) {
    rule_ = {1 + below(50), nanoseconds(1 + below(1000)), 1 + below(40)};
    look(rule_, debt_, 0, at_ns(clock_));  // from here on a clock that goes back is seen to
  }
  void run(int steps) {
    for (int i = 0; i < steps && !testing::Test::HasFailure(); ++i) step();
    check_promise();
  }
  std::uint64_t refused = 0;

 private:
  struct Call {
    std::int64_t at;
    Units units;
  };
  struct Open {
    Hold hold;
    std::size_t call;
  };
  std::uint64_t below(std::uint64_t n) { return std::uniform_int_distribution<std::uint64_t>(0, n - 1)(dice_); }

  void step() {
    clock_ += below(9) == 0 ? -static_cast<std::int64_t>(below(50))
                            : static_cast<std::int64_t>(below(2 + 3 * static_cast<std::uint64_t>(rule_.window.count()) / rule_.count));
    now_ = std::max(now_, clock_);
    if (!open_.empty() && below(3) == 0) settle_one();
    const Units volume = below(rule_.burst + 2);
    const Decision said = look(rule_, debt_, volume, at_ns(clock_));
    if (said.admitted) {
      const Hold hold = spend(rule_, debt_, volume, Spend::by_use, at_ns(clock_));
      calls_.push_back({now_, volume});
      if (below(3) == 0) open_.push_back({hold, calls_.size() - 1});
      return;
    }
    ++refused;
    if (volume > rule_.burst) {
      ASSERT_TRUE(said.retry.is_never());
      return;
    }
    const std::int64_t then = clock_ + said.retry.time()->count();
    GcraDebt later = debt_, sooner = debt_;
    ASSERT_TRUE(look(rule_, later, volume, at_ns(then)).admitted);
    ASSERT_FALSE(look(rule_, sooner, volume, at_ns(then - 1)).admitted);
  }

  void settle_one() {
    const Open one = open_.back();
    open_.pop_back();
    const Units used = below(one.hold.amount + 1);
    settle(rule_, debt_, one.hold, used, at_ns(clock_));
    calls_[one.call].units = used;
  }

  // Exactly: in units of a window's nanoseconds. The debt of what is left may never have been above the burst.
  void check_promise() {
    const auto window = static_cast<std::uint64_t>(rule_.window.count());
    std::uint64_t owed = 0;
    std::int64_t before = 0;
    for (const Call& call : calls_) {
      const std::uint64_t done = static_cast<std::uint64_t>(call.at - before) * rule_.count;
      owed = (owed > done ? owed - done : 0) + call.units * window;
      before = call.at;
      ASSERT_LE(owed, rule_.burst * window);
    }
  }

  std::mt19937_64 dice_;
  Gcra rule_;
  GcraDebt debt_;
  std::int64_t clock_ = 0, now_ = 0;
  std::vector<Call> calls_;
  std::vector<Open> open_;
};

TEST(GcraRandom, NeverMoreThanBurstAndRateWhateverComesBack) {
  const std::uint64_t rounds = std::getenv("GATEHOUSE_SOAK") != nullptr ? 20'000 : 400;
  const std::uint64_t first = std::random_device()();
  std::printf("seeds from %llu\n", static_cast<unsigned long long>(first));
  std::uint64_t refused = 0;
  for (std::uint64_t seed = first; seed < first + rounds && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    Promise promise(seed);
    promise.run(500);
    refused += promise.refused;
  }
  EXPECT_GT(refused, rounds * 10);
}

}  // namespace
}  // namespace gatehouse::limits
