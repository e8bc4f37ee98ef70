#include "gatehouse/limits/limit_table.h"

#include <gtest/gtest.h>

#include "test_moment.h"

namespace gatehouse::limits {
namespace {

const Limit ten_a_minute = SlidingWindow{10, seconds(60)};
const Limit three_a_second = SlidingWindow{3, seconds(1)};
const Limit two_at_once = Concurrency{2};
const Limit hundred_tokens = Allowance{100, Period::total};

LimitKey key(std::uint32_t limit, std::uint64_t subject = 1) { return LimitKey{limit, Subject{0, subject}}; }

class LimitTableTest : public testing::Test {
 protected:
  static LimitTable::Size tiny(std::size_t bytes) { return {.shards = 1, .bytes = bytes}; }
  // One charge, spent at once.
  static bool take(LimitTable& table, const LimitKey& whose, const Limit& limit, std::int64_t second, Units volume = 1) {
    std::array<Charge, 1> charge{Charge{whose, &limit, volume, Spend::at_once, {}}};
    return table.reserve(charge, at_second(second)).has_value();
  }
  static Units left(LimitTable& table, const LimitKey& whose, const Limit& limit, std::int64_t second) {
    std::array<Charge, 1> charge{Charge{whose, &limit, 0, Spend::at_once, {}}};
    EXPECT_TRUE(table.reserve(charge, at_second(second)).has_value());
    return charge[0].decision.remaining;
  }
  SeededRandom random{7};
  LimitTable table{{}, random};
};

TEST_F(LimitTableTest, CountsEachSubjectOfEachLimitByItself) {
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(take(table, key(1), three_a_second, 0));
  EXPECT_FALSE(take(table, key(1), three_a_second, 0));
  EXPECT_TRUE(take(table, key(1, 2), three_a_second, 0));
  EXPECT_TRUE(take(table, key(2), three_a_second, 0));
  EXPECT_TRUE(take(table, LimitKey{1, Subject{1, 1}}, three_a_second, 0));
  EXPECT_EQ(table.remembered(), 4U);
}

TEST_F(LimitTableTest, AllOrNothingAndTheLongestWaitIsNamed) {
  std::array<Charge, 3> charges{Charge{key(1), &ten_a_minute, 1, Spend::at_once, {}},
                                Charge{key(2), &three_a_second, 1, Spend::at_once, {}},
                                Charge{key(3), &two_at_once, 1, Spend::at_once, {}}};
  EXPECT_TRUE(table.reserve(charges, at_second(0)).has_value());
  EXPECT_EQ(longest_refusal(charges), std::nullopt);
  take(table, key(2), three_a_second, 0, 2);
  EXPECT_FALSE(table.reserve(charges, at_second(0)).has_value());
  EXPECT_EQ(longest_refusal(charges), 1U);
  EXPECT_TRUE(charges[0].decision.admitted) << "it was not that one";
  EXPECT_EQ(left(table, key(1), ten_a_minute, 0), 9U) << "and nothing was spent there";
  EXPECT_EQ(left(table, key(3), two_at_once, 0), 2U);
  take(table, key(1), ten_a_minute, 0, 9);
  EXPECT_FALSE(table.reserve(charges, at_second(0)).has_value());
  EXPECT_EQ(longest_refusal(charges), 0U) << "a minute is longer than a second";
  EXPECT_EQ(charges[0].decision.retry, in_seconds(60));
}

TEST_F(LimitTableTest, MoreThanALotAreAllOrNothingAndEachIsToldItsOwn) {
  constexpr std::uint32_t many = 2 * LimitTable::most_charges + 3;
  for (const std::uint32_t refuses : {std::uint32_t{1}, static_cast<std::uint32_t>(LimitTable::most_charges) + 2, many}) {
    LimitTable fresh({}, random);
    std::vector<Charge> charges;
    for (std::uint32_t i = 1; i <= many; ++i) charges.push_back(Charge{key(i), &ten_a_minute, 1, Spend::by_use, {}});
    {
      const std::optional<Reservation> held = fresh.reserve(charges, at_second(0));
      ASSERT_TRUE(held);
      for (const Charge& charge : charges) EXPECT_EQ(charge.decision.remaining, 9U);
    }
    take(fresh, key(refuses), ten_a_minute, 0, 10);
    std::optional<Reservation> grows = fresh.reserve({}, at_second(0));
    for (const bool first : {true, false}) {
      EXPECT_FALSE(first ? fresh.reserve(charges, at_second(0)).has_value() : grows->grow(charges, at_second(0)));
      EXPECT_EQ(longest_refusal(charges), refuses - 1);
      for (std::uint32_t i = 1; i <= many; ++i) {
        EXPECT_EQ(charges[i - 1].decision.admitted, i != refuses) << i;
        EXPECT_EQ(left(fresh, key(i), ten_a_minute, 0), i == refuses ? 0U : 10U) << i << ": nothing was spent there";
      }
    }
  }
}

TEST_F(LimitTableTest, WhoIsRefusedByALaterLotHasAskedNothingOfTheFirst) {
  constexpr std::uint32_t many = LimitTable::most_charges + 2;
  for (const Spend spend : {Spend::by_use, Spend::unless_given_back}) {
    LimitTable fresh({}, random);
    std::vector<Charge> charges;
    for (std::uint32_t i = 1; i <= many; ++i) charges.push_back(Charge{key(i), i == 1 ? &two_at_once : &ten_a_minute, 1, spend, {}});
    take(fresh, key(many), ten_a_minute, 0, 10);
    std::optional<Reservation> grows = fresh.reserve({}, at_second(0));
    for (const bool first : {true, false}) {
      EXPECT_FALSE(first ? fresh.reserve(charges, at_second(0)).has_value() : grows->grow(charges, at_second(0)));
      EXPECT_EQ(left(fresh, key(1), two_at_once, 0), 2U);
      for (std::uint32_t i = 2; i < many; ++i) EXPECT_EQ(left(fresh, key(i), ten_a_minute, 0), 10U) << i;
    }
  }
}

TEST_F(LimitTableTest, LooksSayWhatWouldBeSaid) {
  std::array<Charge, 1> charge{Charge{key(1), &three_a_second, 3, Spend::at_once, {}}};
  table.look(charge, at_second(0));
  EXPECT_TRUE(charge[0].decision.admitted);
  take(table, key(1), three_a_second, 0);
  table.look(charge, at_second(0));
  EXPECT_FALSE(charge[0].decision.admitted);
  EXPECT_EQ(charge[0].decision.retry, in_seconds(1));
  EXPECT_EQ(left(table, key(1), three_a_second, 0), 2U);
}

TEST_F(LimitTableTest, LooksLeaveNothingBehind) {
  EXPECT_EQ(left(table, key(1), ten_a_minute, 0), 10U);
  EXPECT_EQ(table.remembered(), 0U);
}

TEST_F(LimitTableTest, TwoChargesToOneStateAreAddedUp) {
  std::array<Charge, 2> twice{Charge{key(1), &three_a_second, 2, Spend::at_once, {}},
                              Charge{key(1), &three_a_second, 2, Spend::at_once, {}}};
  EXPECT_FALSE(table.reserve(twice, at_second(0)).has_value());
  twice[1].volume = 1;
  EXPECT_TRUE(table.reserve(twice, at_second(0)).has_value());
  EXPECT_EQ(left(table, key(1), three_a_second, 0), 0U);
}

TEST_F(LimitTableTest, CountsWhatHasHappenedEvenWhereThereIsNoRoom) {
  table.count(Charge{key(1), &three_a_second, 5, Spend::at_once, {}}, at_second(0));
  EXPECT_FALSE(take(table, key(1), three_a_second, 0));
  EXPECT_TRUE(take(table, key(1), three_a_second, 1));
}

TEST_F(LimitTableTest, ALimitThatIsChangedCountsOnFromWhereItWas) {
  take(table, key(1), ten_a_minute, 0, 6);
  const Limit five = SlidingWindow{5, seconds(60)}, more = SlidingWindow{6000, seconds(60)};
  EXPECT_FALSE(take(table, key(1), five, 1));
  EXPECT_EQ(left(table, key(1), more, 2), 5994U);
}

TEST_F(LimitTableTest, CallsAtOnceComeBackWithTheReservation) {
  std::array<Charge, 1> charge{Charge{key(1), &two_at_once, 1, Spend::at_once, {}}};
  std::optional<Reservation> first = table.reserve(charge, at_second(0)), second = table.reserve(charge, at_second(0));
  EXPECT_FALSE(table.reserve(charge, at_second(0)).has_value());
  EXPECT_EQ(charge[0].decision.retry, Wait::unknown());
  Reservation moved = std::move(*first);
  first.reset();
  EXPECT_FALSE(take(table, key(1), two_at_once, 0)) << "it has only moved";
  moved = std::move(*second);
  EXPECT_TRUE(take(table, key(1), two_at_once, 0)) << "what it was before is over";
  moved.settle();
  moved.settle();
  EXPECT_EQ(left(table, key(1), two_at_once, 0), 2U);
}

TEST_F(LimitTableTest, WhatIsReservedIsSettledToWhatWasUsed) {
  const Limit per_minute = SlidingWindow{100, seconds(60)};
  std::array<Charge, 2> charges{Charge{key(1), &hundred_tokens, 40, Spend::by_use, {}}, Charge{key(2), &per_minute, 40, Spend::by_use, {}}};
  {
    std::optional<Reservation> held = table.reserve(charges, at_second(0));
    ASSERT_TRUE(held);
    for (Charge& charge : charges) charge.volume = 30;
    EXPECT_TRUE(held->grow(charges, at_second(1)));
    EXPECT_EQ(left(table, key(1), hundred_tokens, 1), 30U);
    charges[1].volume = 31;
    EXPECT_FALSE(held->grow(charges, at_second(2))) << "all or nothing here, too";
    EXPECT_EQ(left(table, key(1), hundred_tokens, 2), 30U);
    held->used(key(1), 10);
    held->used(key(1), 45);
    held->used(key(2), 44, 0);
    held->used(key(2), 45, 1);
  }
  EXPECT_EQ(left(table, key(1), hundred_tokens, 2), 55U);
  EXPECT_EQ(left(table, key(2), per_minute, 2), 55U);
  EXPECT_EQ(left(table, key(2), per_minute, 60), 95U) << "what was held first was used first";
}

TEST_F(LimitTableTest, WhatWasNeverSaidToBeUsedComesBackWhole) {
  std::array<Charge, 1> charge{Charge{key(1), &hundred_tokens, 100, Spend::by_use, {}}};
  {
    const std::optional<Reservation> held = table.reserve(charge, at_second(0));
  }
  EXPECT_EQ(left(table, key(1), hundred_tokens, 0), 100U);
}

TEST_F(LimitTableTest, MoreThanWasHeldCounts) {
  std::array<Charge, 1> charge{Charge{key(1), &hundred_tokens, 10, Spend::by_use, {}}};
  {
    std::optional<Reservation> held = table.reserve(charge, at_second(0));
    held->used(key(1), 90);
  }
  EXPECT_EQ(left(table, key(1), hundred_tokens, 0), 10U);
}

TEST_F(LimitTableTest, TimeThatAShardHasSeenDoesNotComeAgainAndWaitsStayTrue) {
  LimitTable one(tiny(1'000'000), random);
  take(one, key(1), ten_a_minute, 100);
  std::array<Charge, 1> charge{Charge{key(2), &three_a_second, 3, Spend::at_once, {}}};
  EXPECT_TRUE(one.reserve(charge, at_second(90)).has_value());
  EXPECT_FALSE(take(one, key(2), three_a_second, 91));
  EXPECT_FALSE(one.reserve(charge, at_second(95)).has_value());
  EXPECT_EQ(charge[0].decision.retry, in_seconds(6)) << "until 101";
}

TEST_F(LimitTableTest, OnlyWhatIsFullAgainGivesWay) {
  LimitTable small(tiny(10'000), random);
  std::uint64_t subject = 0;
  while (small.shared() == 0) ASSERT_TRUE(take(small, key(1, ++subject), three_a_second, 0));
  const std::size_t full = small.remembered();
  EXPECT_GT(full, 10U);
  for (std::uint64_t one = 1; one < subject; ++one) EXPECT_EQ(left(small, key(1, one), three_a_second, 0), 2U) << "none was forgotten";
  for (std::uint64_t one = 1; one < subject; ++one)
    EXPECT_TRUE(take(small, key(1, one + 1'000'000), three_a_second, 1)) << "a second later all are";
  EXPECT_EQ(small.shared(), 1U);
  EXPECT_LE(small.remembered(), full);
}

TEST_F(LimitTableTest, WhoFindsNoRoomSharesAStateOfARate) {
  LimitTable small(tiny(10'000), random);
  std::uint64_t subject = 0;
  while (small.shared() == 0) ASSERT_TRUE(take(small, key(1, ++subject), three_a_second, 0));
  EXPECT_TRUE(take(small, key(1, 1000), three_a_second, 0));
  EXPECT_TRUE(take(small, key(1, 2000), three_a_second, 0));
  EXPECT_FALSE(take(small, key(1, 3000), three_a_second, 0)) << "three a second for all who have no state";
  EXPECT_TRUE(take(small, key(2, 3000), three_a_second, 0)) << "of another limit three more";
  EXPECT_TRUE(take(small, key(1, 1), three_a_second, 0)) << "and who has one is as before";
}

TEST_F(LimitTableTest, WhatIsUsedIsOfBothStatesOfWhoHadNoneBefore) {
  LimitTable small(tiny(10'000), random);
  std::uint64_t subject = 0;
  while (small.shared() == 0) ASSERT_TRUE(take(small, key(1, ++subject), three_a_second, 0));
  std::array<Charge, 1> charge{Charge{key(1, 1000), &three_a_second, 1, Spend::by_use, {}}};
  {
    std::optional<Reservation> held = small.reserve(charge, at_second(0));
    ASSERT_TRUE(held);
    ASSERT_TRUE(held->grow(charge, at_second(1))) << "a second later there is room";
    held->used(key(1, 1000), 2);
  }
  EXPECT_EQ(left(small, key(1, 1000), three_a_second, 1), 2U) << "the other one is of the state that many share";
}

TEST_F(LimitTableTest, WhoFindsNoRoomHasNoCallAtOnceAndNoBudget) {
  LimitTable small(tiny(10'000), random);
  std::uint64_t subject = 0;
  while (small.shared() == 0) ASSERT_TRUE(take(small, key(1, ++subject), three_a_second, 0));
  EXPECT_FALSE(take(small, key(3), two_at_once, 0));
  EXPECT_FALSE(take(small, key(4), hundred_tokens, 0));
  EXPECT_EQ(small.crowded(), 2U);
  EXPECT_TRUE(take(small, key(4), hundred_tokens, 1));
}

TEST_F(LimitTableTest, AStateThatWouldHaveToGrowWaitsForRoomToo) {
  LimitTable small(tiny(10'000), random);
  const Limit many = SlidingWindow{4096, seconds(60)};
  std::array<Charge, 1> charge{Charge{key(1), &many, 1, Spend::at_once, {}}};
  for (std::int64_t ns = 0; small.reserve(charge, at_ns(ns)).has_value(); ++ns) ASSERT_LT(ns, 1000);
  EXPECT_EQ(charge[0].decision.retry, Wait::unknown());
  EXPECT_EQ(small.crowded(), 1U);
  EXPECT_TRUE(take(small, key(1), many, 60)) << "what has left the window has made room";
}

TEST_F(LimitTableTest, AStateDoesNotGiveWayToAnotherOfTheSameCall) {
  for (std::size_t bytes = 200; bytes < 3000; bytes += 100) {
    LimitTable small(tiny(bytes), random);
    std::array<Charge, 2> charges{Charge{key(1, 1), &three_a_second, 1, Spend::at_once, {}},
                                  Charge{key(1, 2), &three_a_second, 1, Spend::at_once, {}}};
    ASSERT_TRUE(small.reserve(charges, at_second(0)).has_value());
    for (const Charge& charge : charges)
      EXPECT_GE(left(small, charge.key, three_a_second, 0), 2U) << bytes << ": it has paid for the other one";
  }
}

TEST_F(LimitTableTest, WhatIsHeldIsNotForgotten) {
  LimitTable small(tiny(3000), random);
  std::array<Charge, 2> charges{Charge{key(1), &two_at_once, 2, Spend::at_once, {}},
                                Charge{key(2), &hundred_tokens, 100, Spend::by_use, {}}};
  std::optional<Reservation> held = small.reserve(charges, at_second(0));
  ASSERT_TRUE(held);
  for (std::uint64_t subject = 0; subject < 1000; ++subject)
    take(small, key(9, subject), three_a_second, static_cast<std::int64_t>(subject) * 10);
  EXPECT_FALSE(take(small, key(1), two_at_once, 20'000));
  EXPECT_FALSE(take(small, key(2), hundred_tokens, 20'000));
  held.reset();
  EXPECT_TRUE(take(small, key(1), two_at_once, 20'000));
}

}  // namespace
}  // namespace gatehouse::limits
