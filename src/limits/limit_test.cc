#include "gatehouse/limits/limit.h"

#include <gtest/gtest.h>

#include "test_moment.h"

namespace gatehouse::limits {
namespace {

TEST(Limit, DecidesByItsKind) {
  LimitState state;
  EXPECT_EQ(decide(SlidingWindow{1, seconds(10)}, state, 1, at_second(0)), admit(0, in_seconds(10)));
  EXPECT_EQ(decide(SlidingWindow{1, seconds(10)}, state, 1, at_second(4)), refuse(0, in_seconds(6), in_seconds(6)));
  LimitState debt;
  EXPECT_EQ(decide(Gcra{1, seconds(10), 2}, debt, 1, at_second(0)), admit(1, in_seconds(10)));
  LimitState calls;
  EXPECT_EQ(decide(Allowance{2}, calls, 1, at_second(86'390)), admit(1, in_seconds(10)));
}

TEST(Limit, AStateOfAnotherKindBeginsAnew) {
  LimitState state;
  decide(SlidingWindow{1, seconds(10)}, state, 1, at_second(0));
  EXPECT_EQ(decide(Gcra{1, seconds(10), 1}, state, 1, at_second(0)), admit(0, in_seconds(10)));
  EXPECT_FALSE(decide(Gcra{1, seconds(10), 1}, state, 1, at_second(0)).admitted);
}

TEST(Limit, OnlyAWindowHasMemoryOfItsOwn) {
  EXPECT_EQ(WindowLog::most_bytes({60, seconds(60)}), 64U * 16);
  EXPECT_EQ(WindowLog::most_bytes({4096, seconds(60)}), 4096U * 16);
  EXPECT_EQ(WindowLog::most_bytes({1'000'000, seconds(60)}), 2048U * 16);
  const Limit limit = SlidingWindow{60, seconds(60)};
  LimitState state;
  for (int i = 0; i < 60; ++i) {
    const std::size_t before = bytes_of(state), grows = bytes_to_grow(state);
    ASSERT_TRUE(decide(limit, state, 1, at_second(i)).admitted);
    ASSERT_EQ(bytes_of(state), before + grows);
  }
  EXPECT_EQ(bytes_of(state), 64U * 16);
  LimitState debt = GcraDebt();
  EXPECT_EQ(bytes_of(debt) + bytes_to_grow(debt), 0U);
}

TEST(Concurrency, CountsInAndOut) {
  const Limit limit = Concurrency{2};
  LimitState state;
  const Hold first = spend(limit, state, 1, Spend::by_use, at_second(0));
  EXPECT_EQ(look(limit, state, 1, at_second(0)), admit(0, Wait::unknown()));
  const Hold second = spend(limit, state, 1, Spend::by_use, at_second(0));
  EXPECT_EQ(look(limit, state, 1, at_second(9)), refuse(0, Wait::unknown(), Wait::unknown()));
  EXPECT_EQ(look(limit, state, 3, at_second(9)), refuse(0, Wait::unknown(), Wait::never()));
  EXPECT_FALSE(full_again(limit, state, at_second(9)));
  settle(limit, state, first, 0, at_second(9));
  EXPECT_TRUE(look(limit, state, 1, at_second(9)).admitted);
  settle(limit, state, second, 1, at_second(9));
  EXPECT_TRUE(full_again(limit, state, at_second(9)));
  settle(limit, state, second, 1, at_second(9));
  EXPECT_EQ(look(limit, state, 0, at_second(9)), admit(2, Wait())) << "what is given back twice is not had twice";
}

TEST(Wait, AreInTheOrderOfTheirLength) {
  EXPECT_LT(Wait::unknown(), Wait());
  EXPECT_LT(Wait(), Wait::after(nanoseconds(1)));
  EXPECT_LT(Wait::after(nanoseconds::max()), Wait::never());
  EXPECT_EQ(Wait::after(nanoseconds(-5)), Wait());
  EXPECT_FALSE(Wait::after(nanoseconds::max()).is_never());
  EXPECT_FALSE(Wait::unknown().time().has_value());
}

}  // namespace
}  // namespace gatehouse::limits
