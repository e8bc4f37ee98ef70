#include "grants.h"

#include <gtest/gtest.h>

#include <random>

namespace gatehouse::gateway {
namespace {

TEST(FirstGrant, IsABlockOrAllThereIs) {
  EXPECT_EQ(first_grant(10).tokens, 10U);
  EXPECT_TRUE(first_grant(10).last);
  EXPECT_EQ(first_grant(grant_block).tokens, grant_block);
  EXPECT_TRUE(first_grant(grant_block).last);
  EXPECT_EQ(first_grant(1000).tokens, grant_block);
  EXPECT_FALSE(first_grant(1000).last);
}

TEST(NextGrant, GivesNothingUnasked) {
  GrantState state;
  state.allowance = 100;
  state.granted = 64;
  EXPECT_EQ(next_grant(state).tokens, 0U);
  EXPECT_FALSE(next_grant(state).last);
}

TEST(NextGrant, GivesTheRestAndSaysThatItIsTheLast) {
  GrantState state;
  state.allowance = 100;
  state.granted = 64;
  state.wanted = true;
  EXPECT_EQ(next_grant(state).tokens, 36U);
  EXPECT_TRUE(next_grant(state).last);
}

TEST(NextGrant, HoldsWhatAClientDoesNotTake) {
  GrantState state;
  state.allowance = 1000;
  state.granted = 64;
  state.wanted = true;
  state.unsent = unsent_bound + 1;
  EXPECT_EQ(next_grant(state).tokens, 0U);
  EXPECT_FALSE(next_grant(state).renew) << "it still computes what it has";
  state.waiting = true;
  EXPECT_TRUE(next_grant(state).renew);
}

TEST(NextGrant, NeverPassesTheAllowanceAndReachesIt) {
  std::random_device entropy;
  const unsigned seed = entropy();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 2000; ++round) {
    GrantState state;
    state.allowance = static_cast<std::uint32_t>(1 + random() % 5000);
    const GrantDecision first = first_grant(state.allowance);
    state.granted = first.tokens;
    bool last = first.last;
    for (int step = 0; !last && step < 100000; ++step) {
      state.wanted = random() % 2 == 0;
      state.waiting = state.wanted && random() % 2 == 0;
      state.unsent = random() % (2 * unsent_bound);
      const GrantDecision next = next_grant(state);
      state.granted += next.tokens;
      last = next.last;
      ASSERT_LE(state.granted, state.allowance);
      ASSERT_EQ(last, state.granted == state.allowance);
    }
    ASSERT_EQ(state.granted, state.allowance);
  }
}

}  // namespace
}  // namespace gatehouse::gateway
