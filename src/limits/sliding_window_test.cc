#include "gatehouse/limits/sliding_window.h"

#include <gtest/gtest.h>

#include "test_moment.h"

namespace gatehouse::limits {
namespace {

class SlidingWindowTest : public testing::Test {
 protected:
  Decision decide(std::int64_t second, Units volume = 1) {
    const Decision said = look(rule, log, volume, at_second(second));
    if (said.admitted) spend(rule, log, volume, Spend::at_once, at_second(second));
    return said;
  }
  SlidingWindow rule{3, seconds(10)};
  WindowLog log;
};

TEST_F(SlidingWindowTest, AdmitsUpToTheLimitAndNamesWhenTheOldestLeaves) {
  EXPECT_EQ(decide(100), admit(2, in_seconds(10)));
  EXPECT_EQ(decide(103), admit(1, in_seconds(10)));
  EXPECT_EQ(decide(103), admit(0, in_seconds(10)));
  EXPECT_EQ(decide(104), refuse(0, in_seconds(9), in_seconds(6)));
  EXPECT_EQ(decide(110), admit(0, in_seconds(10))) << "what came at 100 is gone at 110";
  EXPECT_EQ(decide(112), refuse(0, in_seconds(8), in_seconds(1)));
}

TEST_F(SlidingWindowTest, NeverRefusesForTheHalvesOfTwoWindows) {
  rule.limit = 2;
  decide(9), decide(9);
  EXPECT_FALSE(decide(11).admitted) << "a counter that begins anew each ten seconds would";
  EXPECT_FALSE(decide(18).admitted);
  EXPECT_TRUE(decide(19).admitted);
}

TEST_F(SlidingWindowTest, LooksWithoutSpending) {
  EXPECT_EQ(decide(1, 0), admit(3, Wait()));
  decide(1, 3);
  EXPECT_EQ(decide(2, 0), admit(0, in_seconds(9)));
  EXPECT_EQ(decide(2, 0), admit(0, in_seconds(9)));
}

TEST_F(SlidingWindowTest, VolumesAreAdmittedWholeOrNotAtAll) {
  decide(0, 1);
  decide(4, 1);
  EXPECT_EQ(decide(5, 2), refuse(1, in_seconds(9), in_seconds(5)));
  EXPECT_EQ(decide(5, 3), refuse(1, in_seconds(9), in_seconds(9)));
  EXPECT_EQ(decide(5, 4), refuse(1, in_seconds(9), Wait::never())) << "more than the limit never fits";
  EXPECT_EQ(decide(5, 1), admit(0, in_seconds(10)));
}

TEST_F(SlidingWindowTest, ALimitOfOneAdmitsOne) {
  rule = {1, seconds(1)};
  EXPECT_EQ(decide(0), admit(0, in_seconds(1)));
  EXPECT_EQ(decide(0), refuse(0, in_seconds(1), in_seconds(1)));
  EXPECT_EQ(decide(1), admit(0, in_seconds(1)));
}

TEST_F(SlidingWindowTest, ALimitOfNothingAdmitsNothing) {
  rule.limit = 0;
  EXPECT_EQ(decide(0), refuse(0, Wait(), Wait::never()));
  EXPECT_EQ(decide(0, 0), admit(0, Wait()));
}

TEST_F(SlidingWindowTest, AClockThatGoesBackGivesNothingAndItsWaitsAreTrue) {
  decide(100, 3);
  EXPECT_EQ(decide(95), refuse(0, in_seconds(15), in_seconds(15)));
  EXPECT_TRUE(decide(110).admitted);
  EXPECT_EQ(decide(105, 3), refuse(2, in_seconds(15), in_seconds(15))) << "what came at 110 came at 110";
}

TEST_F(SlidingWindowTest, EndsOfTimeDoNotOverflow) {
  rule.window = nanoseconds::max();
  const Moment first = at_ns(std::numeric_limits<std::int64_t>::min()), last = at_ns(std::numeric_limits<std::int64_t>::max());
  spend(rule, log, 3, Spend::at_once, first);
  EXPECT_FALSE(look(rule, log, 1, at_ns(-2)).admitted);
  EXPECT_TRUE(look(rule, log, 3, last).admitted);
  spend(rule, log, std::numeric_limits<Units>::max(), Spend::at_once, last);
  spend(rule, log, std::numeric_limits<Units>::max(), Spend::at_once, last);
  EXPECT_EQ(look(rule, log, 1, last).remaining, 0U);
  EXPECT_EQ(look(rule, log, std::numeric_limits<Units>::max(), last).retry, Wait::never());
}

TEST_F(SlidingWindowTest, WhatWasNotUsedWasNeverThere) {
  const Hold hold = spend(rule, log, 3, Spend::by_use, at_second(0));
  EXPECT_FALSE(decide(2).admitted);
  settle(rule, log, hold, 1, at_second(3));
  EXPECT_EQ(decide(3), admit(1, in_seconds(10)));
  EXPECT_EQ(decide(4, 2), refuse(1, in_seconds(9), in_seconds(6))) << "what was used counts from when it was reserved";
}

TEST_F(SlidingWindowTest, MoreThanWasHeldCountsWhenItIsKnown) {
  const Hold hold = spend(rule, log, 2, Spend::by_use, at_second(0));
  settle(rule, log, hold, 7, at_second(5));
  EXPECT_EQ(decide(6), refuse(0, in_seconds(9), in_seconds(9)));
}

TEST_F(SlidingWindowTest, WhatHasLeftTheWindowIsNotGivenBackToSomebodyElse) {
  const Hold hold = spend(rule, log, 3, Spend::by_use, at_second(0));
  decide(10, 3);
  settle(rule, log, hold, 0, at_second(11));
  EXPECT_FALSE(decide(12).admitted);
}

TEST_F(SlidingWindowTest, AboveFourThousandMemoryStaysBounded) {
  rule = {1'000'000, seconds(60)};
  for (std::int64_t i = 0; i < 1'000'000; ++i) spend(rule, log, 1, Spend::at_once, at_ns(i * 59'000));
  EXPECT_EQ(log.held(), 1'000'000U);
  EXPECT_LE(log.entries(), 2048U);
  EXPECT_EQ(look(rule, log, 1, at_second(59)).admitted, false);
}

TEST_F(SlidingWindowTest, HoldingMuchAndUsingLittleMakesNoEntriesWithoutEnd) {
  rule = {1'000'000, seconds(60)};
  for (std::int64_t i = 0; i < 100'000; ++i) {
    const Hold hold = spend(rule, log, 976, Spend::by_use, at_ns(i));
    settle(rule, log, hold, static_cast<Units>(i % 3), at_ns(i));
    ASSERT_LE(log.entries(), 2048U);
  }
  EXPECT_EQ(log.held(), 99'999U);
}

TEST_F(SlidingWindowTest, IsFullAgainWhenNothingIsInTheWindow) {
  EXPECT_TRUE(full_again(rule, log, at_second(0)));
  decide(0);
  EXPECT_FALSE(full_again(rule, log, at_second(9)));
  EXPECT_TRUE(full_again(rule, log, at_second(10)));
}

}  // namespace
}  // namespace gatehouse::limits
