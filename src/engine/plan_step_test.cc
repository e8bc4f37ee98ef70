#include "gatehouse/engine/plan_step.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test_plan.h"

namespace gatehouse::engine {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

TEST(PlanStep, NothingToDoIsIdle) {
  EXPECT_TRUE(plan({}).idle());
  EXPECT_TRUE(plan({parked(3)}).idle());
  EXPECT_TRUE(plan({}, {{1}}, limits_of(0)).idle());
}

TEST(PlanStep, TheOldestGetTheLowestFreeSeats) {
  const StepPlan p = plan({decoding(1)}, {{30}, {10}, {20}}, limits_of(4));
  EXPECT_THAT(p.seat, ElementsAre(Pair(10, 0), Pair(20, 2), Pair(30, 3)));
  EXPECT_FALSE(p.idle());
}

TEST(PlanStep, WhoFindsNoSeatWaits) {
  EXPECT_THAT(plan({decoding(0)}, {{3}, {2}, {1}}, limits_of(2)).seat, ElementsAre(Pair(1, 1)));
  EXPECT_THAT(plan({decoding(0), parked(1)}, {{3}}, limits_of(2)).seat, IsEmpty());
}

TEST(PlanStep, AJobSeatedNowIsPrefilledByTheNextPlan) {
  const StepPlan p = plan({}, {{1}});
  EXPECT_THAT(p.seat, ElementsAre(Pair(1, 0)));
  EXPECT_THAT(p.prefill, IsEmpty());
}

TEST(PlanStep, PatienceEndsAtItsInstantAndFreesTheSeatAtOnce) {
  const StepPlan p = plan({parked(2, now), parked(0, now + nanoseconds(1)), parked(1, now - seconds(1))}, {{9}});
  EXPECT_THAT(p.expired, ElementsAre(1, 2));
  EXPECT_THAT(p.seat, ElementsAre(Pair(9, 1)));
  EXPECT_THAT(plan({{.seat = 0, .phase = Phase::decode, .patience = now - seconds(1)}}).expired, IsEmpty());
}

TEST(PlanStep, EveryOneThatDecodesIsInTheBatchInAscendingOrder) {
  EXPECT_THAT(plan({decoding(2), parked(3), decoding(0), prefilling(4, 5, 4), decoding(1)}).decode, ElementsAre(0, 1, 2));
}

TEST(PlanStep, PromptsGoOnOldestFirstInChunks) {
  // Somebody decodes: small chunks, so that nobody waits long for the next token.
  EXPECT_THAT(plan({decoding(0), prefilling(1, 1000, 7), prefilling(2, 50, 6)}).prefill, ElementsAre(Prefill{2, 50, true}));
  EXPECT_THAT(plan({decoding(0), prefilling(1, 1000, 5), prefilling(2, 50, 6)}).prefill, ElementsAre(Prefill{1, 128, false}));
  EXPECT_THAT(plan({decoding(0), prefilling(1, 129, 5)}).prefill, ElementsAre(Prefill{1, 128, false}));
  EXPECT_THAT(plan({decoding(0), prefilling(1, 128, 5)}).prefill, ElementsAre(Prefill{1, 128, true}));
  // Alone, or next to parked ones only.
  EXPECT_THAT(plan({parked(0), prefilling(1, 1000, 5)}).prefill, ElementsAre(Prefill{1, 512, false}));
  EXPECT_THAT(plan({prefilling(0, 512, 5)}).prefill, ElementsAre(Prefill{0, 512, true}));
}

TEST(PlanStep, ShortPromptsShareOneChunk) {
  const std::vector<SequenceView> burst{prefilling(0, 40, 4), prefilling(1, 50, 5), prefilling(2, 38, 6), prefilling(3, 1, 7)};
  EXPECT_THAT(plan(burst).prefill, ElementsAre(Prefill{0, 40, true}, Prefill{1, 50, true}, Prefill{2, 38, true}));
  // First come first served: a shorter one does not overtake.
  EXPECT_THAT(plan({decoding(0), prefilling(1, 100, 4), prefilling(2, 29, 5), prefilling(3, 1, 6)}).prefill,
              ElementsAre(Prefill{1, 100, true}));
  // A long one is not begun with what another has left.
  EXPECT_THAT(plan({prefilling(1, 300, 4), prefilling(2, 5, 5)}).prefill, ElementsAre(Prefill{1, 300, true}));
}

TEST(PlanStep, TheChunkIsWhatTheGapHasRoomFor) {
  StepLimits limits = limits_of(8);
  limits.costs = {.decode = {0, 1e6}, .prefill = {0, 2e6}};  // 1 ms a sequence, 2 ms a token
  limits.gap = milliseconds(201);
  limits.gap_alone = milliseconds(400);
  EXPECT_THAT(plan({decoding(0), prefilling(1, 1000, 5)}, {}, limits).prefill, ElementsAre(Prefill{1, 64, false}))
      << "96 would be a tile and a half";
  EXPECT_THAT(plan({decoding(0), prefilling(1, 90, 5)}, {}, limits).prefill, ElementsAre(Prefill{1, 90, true}))
      << "and all of it as a whole";
  EXPECT_THAT(plan({prefilling(1, 1000, 5)}, {}, limits).prefill, ElementsAre(Prefill{1, 192, false}));
  EXPECT_THAT(plan({decoding(0), prefilling(1, 60, 5), prefilling(2, 36, 6), prefilling(3, 1, 7)}, {}, limits).prefill,
              ElementsAre(Prefill{1, 60, true}, Prefill{2, 36, true}));
}

TEST(PlanStep, TheChunkIsSmallerTheMoreStandsInFrontOfIt) {
  StepLimits limits = limits_of(8);
  limits.costs = {.decode = {0, 1e6}, .prefill = {0, 1e6, 1e3}};  // 1 ms a token, and 1 us for each in front
  limits.gap = milliseconds(201);
  const auto chunk = [&](std::uint32_t cells) {
    SequenceView prompt = prefilling(1, 1000, 5);
    prompt.cells = cells;
    return plan({decoding(0), prompt}, {}, limits).prefill;
  };
  EXPECT_THAT(chunk(0), ElementsAre(Prefill{1, 128, false}));
  EXPECT_THAT(chunk(500), ElementsAre(Prefill{1, 128, false}));
  EXPECT_THAT(chunk(1000), ElementsAre(Prefill{1, 64, false}));
  EXPECT_THAT(chunk(3000), ElementsAre(Prefill{1, 64, false}));
}

TEST(PlanStep, WhatLiesDeepIsNotTakenAlongAsIfItDidNot) {
  StepLimits limits = limits_of(8);
  limits.costs = {.decode = {0, 1e6}, .prefill = {0, 1e6, 1e3}};
  limits.gap = milliseconds(201);
  SequenceView deep = prefilling(2, 100, 6);
  EXPECT_THAT(plan({decoding(0), prefilling(1, 10, 5), deep}, {}, limits).prefill,
              ElementsAre(Prefill{1, 10, true}, Prefill{2, 100, true}));
  deep.cells = 3000;
  EXPECT_THAT(plan({decoding(0), prefilling(1, 10, 5), deep}, {}, limits).prefill, ElementsAre(Prefill{1, 10, true}));
}

TEST(PlanStep, AChunkOfZeroStillGoesOn) {
  StepLimits limits = limits_of(2);
  limits.prefill_chunk_alone = 0;
  EXPECT_THAT(plan({prefilling(0, 2, 1)}, {}, limits).prefill, ElementsAre(Prefill{0, 1, false}));
}

TEST(PlanStep, TheHighestRunningSequenceFillsTheLowestHole) {
  const StepPlan p = plan({decoding(0), decoding(2), decoding(4)});
  EXPECT_EQ(p.move, (SeatMove{4, 1}));
  EXPECT_THAT(p.decode, ElementsAre(0, 1, 2));
}

TEST(PlanStep, AMovedPromptGoesOnInItsNewSeat) {
  const StepPlan p = plan({decoding(0), prefilling(5, 40, 9)});
  EXPECT_EQ(p.move, (SeatMove{5, 1}));
  EXPECT_THAT(p.prefill, ElementsAre(Prefill{1, 40, true}));
}

TEST(PlanStep, AJobThatWaitsFillsTheHoleInstead) {
  EXPECT_EQ(plan({decoding(0), decoding(2)}, {{9}}).move, std::nullopt);
  const StepPlan p = plan({decoding(0), decoding(3)}, {{9}});
  EXPECT_THAT(p.seat, ElementsAre(Pair(9, 1)));
  EXPECT_EQ(p.move, (SeatMove{3, 2}));
}

TEST(PlanStep, TheSeatOfAnExpiredOneIsAHole) {
  const StepPlan p = plan({decoding(0), parked(1, now), decoding(2)});
  EXPECT_THAT(p.expired, ElementsAre(1));
  EXPECT_EQ(p.move, (SeatMove{2, 1}));
  EXPECT_THAT(p.decode, ElementsAre(0, 1));
}

TEST(PlanStep, FreeSeatsOutsideTheRunningOnesCostNothing) {
  EXPECT_EQ(plan({decoding(2), decoding(3)}).move, std::nullopt);
  EXPECT_EQ(plan({decoding(0), parked(4)}).move, std::nullopt);
  EXPECT_EQ(plan({parked(0), decoding(4)}).move, std::nullopt);
}

TEST(PlanStep, ALongSequenceStaysWhereItIs) {
  EXPECT_EQ(plan({decoding(0), decoding(2, 1000)}).move, (SeatMove{2, 1}));
  EXPECT_EQ(plan({decoding(0), decoding(2, 1001)}).move, std::nullopt);
  EXPECT_THAT(plan({decoding(0), decoding(2, 1001)}).decode, ElementsAre(0, 2));
}

TEST(PlanStep, AParkedOneBetweenRunningOnesMakesRoom) {
  EXPECT_EQ(plan({decoding(0), parked(1), decoding(2)}).move, (SeatMove{1, 3}));
  EXPECT_EQ(plan({decoding(1), parked(2), decoding(3)}).move, (SeatMove{2, 0}));
  // A hole comes first; without a free seat everybody stays.
  EXPECT_EQ(plan({decoding(0), parked(1), decoding(3)}).move, (SeatMove{3, 2}));
  EXPECT_EQ(plan({decoding(0), parked(1), decoding(2)}, {}, limits_of(3)).move, std::nullopt);
  EXPECT_EQ(plan({decoding(0), parked(1), decoding(2)}, {{9}}, limits_of(4)).move, std::nullopt);
}

TEST(PlanStep, TwoSequencesOnOneSeatAreABrokenInvariant) {
  EXPECT_THROW(plan({decoding(1), decoding(1)}), BrokenInvariant);
  EXPECT_THROW(plan({decoding(8)}), BrokenInvariant);
}

}  // namespace
}  // namespace gatehouse::engine
