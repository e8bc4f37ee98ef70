// What a step does for whom: shares of tenants, and seats that are given back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "test_plan.h"

namespace gatehouse::engine {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

// ---- Tenants ----

TEST(PlanStepTenants, TheSeatGoesToTheOneThatHasHadLeast) {
  const std::vector<TenantView> tenants{{.tenant = 1, .time = 500}, {.tenant = 2, .time = 499}, {.tenant = 3, .time = 501}};
  const std::vector<WaitingView> waiting{{.order = 1, .tenant = 1}, {.order = 9, .tenant = 2}, {.order = 2, .tenant = 3}};
  EXPECT_THAT(plan({decoding(0)}, waiting, limits_of(2), tenants).seat, ElementsAre(Pair(9, 1)));
  EXPECT_THAT(plan({decoding(0)}, waiting, limits_of(3), tenants).seat, ElementsAre(Pair(9, 1), Pair(1, 2)));
}

TEST(PlanStepTenants, WithinATenantTheOldestComesFirst) {
  const std::vector<WaitingView> waiting{{.order = 7, .tenant = 1}, {.order = 3, .tenant = 1}, {.order = 5, .tenant = 1}};
  EXPECT_THAT(plan({}, waiting, limits_of(2)).seat, ElementsAre(Pair(3, 0), Pair(5, 1)));
}

TEST(PlanStepTenants, OfEqualsTheOneWhoseJobIsOlder) {
  EXPECT_THAT(plan({}, {{.order = 8, .tenant = 1}, {.order = 4, .tenant = 2}}, limits_of(1)).seat, ElementsAre(Pair(4, 0)));
}

TEST(PlanStepTenants, SeatsThatComeFreeTogetherAreSharedOut) {
  std::vector<WaitingView> waiting;
  for (std::uint64_t order = 0; order < 8; ++order) waiting.push_back({.order = order, .tenant = order < 6 ? 1U : 2U, .work = 100});
  EXPECT_THAT(plan({}, waiting, limits_of(4)).seat, ElementsAre(Pair(0, 0), Pair(6, 1), Pair(1, 2), Pair(7, 3)));
  // What seats are good for counts, too: tenant 1 has two of them.
  std::vector<SequenceView> seated{of(1, decoding(0)), of(1, decoding(1))};
  for (SequenceView& s : seated) s.granted_left = 100;
  EXPECT_THAT(plan(seated, waiting, limits_of(5)).seat, ElementsAre(Pair(6, 2), Pair(7, 3), Pair(0, 4)));
}

TEST(PlanStepTenants, AWeightIsThatManyTimesTheSeats) {
  std::vector<WaitingView> waiting;
  for (std::uint64_t order = 0; order < 20; ++order) waiting.push_back({.order = order, .tenant = order % 2, .work = 100});
  const StepPlan p = plan({}, waiting, limits_of(8), {{.tenant = 1, .weight = 3}});
  EXPECT_EQ(std::ranges::count_if(p.seat, [](const auto& given) { return given.first % 2 == 1; }), 6);
}

TEST(PlanStepTenants, TheChunkGoesToTheOneThatHasHadLeast) {
  const std::vector<TenantView> tenants{{.tenant = 1, .time = 500}, {.tenant = 2, .time = 400}};
  const std::vector<SequenceView> seated{decoding(0), of(1, prefilling(1, 300, 1)), of(1, prefilling(2, 300, 2)),
                                         of(2, prefilling(3, 20, 3))};
  // The short prompt overtakes the long ones; what it leaves of the chunk is too small for them.
  EXPECT_THAT(plan(seated, {}, limits_of(8), tenants).prefill, ElementsAre(Prefill{3, 20, true}));
}

TEST(PlanStepTenants, ShortPromptsTakeTurnsByTenantWithinAChunk) {
  const std::vector<SequenceView> seated{decoding(0), of(1, prefilling(1, 60, 1)), of(1, prefilling(2, 60, 2)),
                                         of(2, prefilling(3, 60, 3))};
  EXPECT_THAT(plan(seated).prefill, ElementsAre(Prefill{1, 60, true}, Prefill{3, 60, true}));
}

// ---- Seats that are given back ----

SequenceView running(std::uint64_t tenant, Seat seat, std::uint32_t cells = 100, std::uint32_t run = 100) {
  SequenceView s = of(tenant, decoding(seat, cells));
  s.run = run;
  return s;
}
SequenceView lingering(std::uint64_t tenant, Seat seat, nanoseconds since = seconds(1)) {
  SequenceView s = of(tenant, parked(seat));
  s.parked_since = now - since;
  return s;
}
StepPlan plan_reclaim(const std::vector<SequenceView>& sequences, const std::vector<WaitingView>& waiting,
                      const std::vector<TenantView>& tenants = {}, std::uint64_t save_cells_max = 1000) {
  StepLimits limits = limits_of(static_cast<std::uint32_t>(sequences.size()));
  limits.save_cells_max = save_cells_max;
  return plan(sequences, waiting, limits, tenants);
}
const std::vector<WaitingView> somebody{{.order = 90, .tenant = 9}, {.order = 91, .tenant = 9}};

TEST(PlanStepReclaim, TheYoungestOfWhoHoldsMostMakesRoomForATenantWithoutASeat) {
  const StepPlan p = plan_reclaim({running(1, 0), running(2, 1), running(1, 2), running(1, 3), running(2, 4)}, somebody);
  EXPECT_THAT(p.give_back, ElementsAre(3));
  EXPECT_THAT(p.seat, ElementsAre(Pair(90, 3))) << "one a step";
  EXPECT_THAT(p.decode, ElementsAre(0, 1, 2, 4));
  EXPECT_EQ(p.move, std::nullopt);
  EXPECT_FALSE(p.idle());
}

TEST(PlanStepReclaim, ATenantWithASeatWaits) {
  EXPECT_THAT(plan_reclaim({running(1, 0), running(1, 1), running(9, 2)}, somebody).give_back, IsEmpty());
}

TEST(PlanStepReclaim, NobodyGivesItsOnlySeat) { EXPECT_THAT(plan_reclaim({running(1, 0), running(2, 1)}, somebody).give_back, IsEmpty()); }

TEST(PlanStepReclaim, AFreeSeatIsTakenFirst) {
  StepLimits limits = limits_of(3);
  limits.save_cells_max = 1000;
  const StepPlan p = plan({running(1, 0), running(1, 2)}, somebody, limits);
  EXPECT_THAT(p.give_back, IsEmpty());
  EXPECT_THAT(p.seat, ElementsAre(Pair(90, 1)));
}

TEST(PlanStepReclaim, WhoHasHardlyRunIsSpared) {
  EXPECT_THAT(plan_reclaim({running(1, 0, 100, 15), running(1, 1, 100, 15)}, somebody).give_back, IsEmpty());
  EXPECT_THAT(plan_reclaim({running(1, 0, 100, 16), running(1, 1, 100, 15)}, somebody).give_back, ElementsAre(0));
  EXPECT_THAT(plan_reclaim({running(1, 0, 800, 49), running(1, 1, 800, 50)}, somebody).give_back, ElementsAre(1))
      << "a sixteenth of its cells";
  // Nothing computed, nothing lost.
  EXPECT_THAT(plan_reclaim({running(1, 0, 100, 15), of(1, prefilling(1, 300, 7))}, somebody).give_back, ElementsAre(1));
}

TEST(PlanStepReclaim, WhatCannotBeSavedStays) {
  EXPECT_THAT(plan_reclaim({running(1, 0, 100), running(1, 1, 101)}, somebody, {}, 100).give_back, ElementsAre(0));
  EXPECT_THAT(plan_reclaim({running(1, 0, 101), running(1, 1, 101)}, somebody, {}, 100).give_back, IsEmpty());
}

TEST(PlanStepReclaim, SeatsAreCountedByWeightAndThenByWhatWasComputed) {
  const std::vector<SequenceView> seated{running(1, 0), running(1, 1), running(1, 2), running(2, 3), running(2, 4)};
  EXPECT_THAT(plan_reclaim(seated, somebody, {{.tenant = 1, .weight = 2}}).give_back, ElementsAre(4));
  const std::vector<SequenceView> equal{running(1, 0), running(1, 1), running(2, 2), running(2, 3)};
  EXPECT_THAT(plan_reclaim(equal, somebody, {{.tenant = 1, .time = 5}, {.tenant = 2, .time = 4}}).give_back, ElementsAre(1));
}

TEST(PlanStepReclaim, WhoHasHadMuchMoreWaits) {
  const std::vector<SequenceView> seated{running(1, 0), running(1, 1)};
  const auto with = [&](double time, std::uint32_t weight) {
    return plan_reclaim(seated, somebody, {{.tenant = 1, .time = 500}, {.tenant = 9, .weight = weight, .time = time}}).give_back;
  };
  EXPECT_THAT(with(1524, 1), ElementsAre(1));
  EXPECT_THAT(with(1525, 1), IsEmpty());
  EXPECT_THAT(with(1013, 2), IsEmpty());
}

TEST(PlanStepReclaim, OneThatIsParkedForAWhileGoesFirstEvenFromAnOnlySeat) {
  EXPECT_THAT(plan_reclaim({running(1, 0), running(1, 1), lingering(2, 2)}, somebody).give_back, ElementsAre(2));
  EXPECT_THAT(plan_reclaim({running(1, 0), running(1, 1), lingering(2, 2, milliseconds(99))}, somebody).give_back, ElementsAre(1));
}

TEST(PlanStepReclaim, MoreThanAQuarterParkedIsTooMany) {
  std::vector<SequenceView> seated;
  for (Seat seat = 0; seat < 8; ++seat) seated.push_back(running(1, seat));
  const std::vector<WaitingView> own{{.order = 80, .tenant = 1}};
  seated[2] = lingering(1, 2, seconds(1));
  seated[5] = lingering(1, 5, milliseconds(300));
  EXPECT_THAT(plan_reclaim(seated, own).give_back, IsEmpty());
  seated[6] = lingering(1, 6, seconds(9));
  const StepPlan p = plan_reclaim(seated, own);
  EXPECT_THAT(p.give_back, ElementsAre(5)) << "the last to be parked";
  EXPECT_THAT(p.seat, ElementsAre(Pair(80, 5))) << "whoever is next, its own tenant included";
  seated[6].parked_since = now;
  EXPECT_THAT(plan_reclaim(seated, own).give_back, IsEmpty());
  EXPECT_THAT(plan_reclaim(seated, {}).give_back, IsEmpty()) << "nobody needs it";
}

}  // namespace
}  // namespace gatehouse::engine
