#include "gatehouse/engine/plan_step.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

namespace gatehouse::engine {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

const Instant now = Instant() + seconds(100);

SequenceView decoding(Seat seat, std::uint32_t cells = 10) { return {.seat = seat, .phase = Phase::decode, .cells = cells, .order = seat}; }
SequenceView prefilling(Seat seat, std::uint32_t left, std::uint64_t order) {
  return {.seat = seat, .phase = Phase::prefill, .prompt_left = left, .order = order};
}
SequenceView parked(Seat seat, Instant patience = now + seconds(1)) {
  return {.seat = seat, .phase = Phase::parked, .cells = 10, .order = seat, .patience = patience};
}
StepLimits limits_of(std::uint32_t seats) {
  return {.seats = seats, .prefill_chunk = 128, .prefill_chunk_alone = 512, .move_cells_max = 1000};
}
StepPlan plan(const std::vector<SequenceView>& sequences, const std::vector<WaitingView>& waiting = {}, StepLimits limits = limits_of(8),
              const std::vector<TenantView>& tenants = {}) {
  return plan_step(Standing{sequences, waiting, tenants}, limits, now);
}
SequenceView of(std::uint64_t tenant, SequenceView s) {
  s.tenant = tenant;
  return s;
}

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

TEST(PlanStep, TheChunkIsWhatTheGapHasRoomFor) {
  StepLimits limits = limits_of(8);
  limits.costs = {.decode = {0, 1e6}, .prefill = {0, 2e6}};  // 1 ms a sequence, 2 ms a token
  limits.gap = milliseconds(101);
  limits.gap_alone = milliseconds(400);
  EXPECT_THAT(plan({decoding(0), prefilling(1, 1000, 5)}, {}, limits).prefill, ElementsAre(Prefill{1, 48, false}));
  EXPECT_THAT(plan({prefilling(1, 1000, 5)}, {}, limits).prefill, ElementsAre(Prefill{1, 192, false}));
  EXPECT_THAT(plan({decoding(0), prefilling(1, 30, 5), prefilling(2, 18, 6), prefilling(3, 1, 7)}, {}, limits).prefill,
              ElementsAre(Prefill{1, 30, true}, Prefill{2, 18, true}));
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

// ---- Simulation: what no single plan can show ----

struct Job {
  SequenceView view;
  std::uint32_t tokens_left;
  std::uint64_t started_step;  // when it began to wait
};

// Plays the engine loop: applies plans to sequences, checks each against the rules.
class Simulation {
 public:
  explicit Simulation(std::uint64_t seed) : engine_(seed) {
    limits_.seats = static_cast<std::uint32_t>(1 + below(12));
    arrive_every_ = 1 + below(12);
    limits_.prefill_chunk = static_cast<std::uint32_t>(8 + below(64));
    limits_.prefill_chunk_alone = limits_.prefill_chunk * 4;
  }

  void run() {
    for (int i = 0; i < 150 && !testing::Test::HasFailure(); ++i) busy_step();
    for (auto& [seat, job] : seated_) {
      if (job.view.phase == Phase::parked) job.view.patience = now_ + seconds(1);
    }
    for (std::uint32_t i = 0; i < 3 * limits_.seats; ++i) step(Ends::no);
    if (seated_.size() < limits_.seats) {
      EXPECT_LE(runs_of_running(), 1U) << "running sequences are not consecutive";
    }
    finish_all();
  }

 private:
  enum class Ends { no, yes };

  std::uint64_t below(std::uint64_t n) { return std::uniform_int_distribution<std::uint64_t>(0, n - 1)(engine_); }
  Job& any_seated() { return std::next(seated_.begin(), static_cast<std::ptrdiff_t>(below(seated_.size())))->second; }

  void busy_step() {
    if (below(arrive_every_) == 0) arrive();
    if (!seated_.empty() && below(6) == 0) seated_.erase(any_seated().view.seat);  // the client went away
    if (!waiting_.empty() && below(10) == 0) waiting_.erase(waiting_.begin());
    if (!seated_.empty() && below(4) == 0) park_or_resume(any_seated().view);
    step(Ends::yes);
  }

  void arrive() {
    Job job{.view = {}, .tokens_left = static_cast<std::uint32_t>(1 + below(30)), .started_step = step_};
    job.view.prompt_left = static_cast<std::uint32_t>(1 + below(300));
    job.view.order = next_order_++;
    waiting_.emplace(job.view.order, job);
  }

  void park_or_resume(SequenceView& s) {
    if (s.phase == Phase::decode) {
      s.phase = Phase::parked;
      s.patience = now_ + milliseconds(below(40));
    } else if (s.phase == Phase::parked) {
      s.phase = Phase::decode;
      s.patience = Instant::max();
    }
  }

  void step(Ends ends) {
    std::vector<SequenceView> sequences;
    for (const auto& [seat, job] : seated_) sequences.push_back(job.view);
    std::ranges::shuffle(sequences, engine_);
    std::vector<WaitingView> waiting;
    for (const auto& [order, job] : waiting_) waiting.push_back({.order = order});
    std::ranges::shuffle(waiting, engine_);
    const StepPlan plan = plan_step(Standing{sequences, waiting, {}}, limits_, now_);
    expire(plan);
    move(plan);
    check_prefill_and_decode(plan);  // before new ones are seated: they take no part
    take_seats(plan);
    compute(plan, ends);
    now_ += milliseconds(1);
    ++step_;
  }

  void expire(const StepPlan& plan) {
    std::vector<Seat> due;
    for (const auto& [seat, job] : seated_) {
      if (job.view.phase == Phase::parked && job.view.patience <= now_) due.push_back(seat);
    }
    EXPECT_EQ(plan.expired, due);
    for (const Seat seat : plan.expired) seated_.erase(seat);
  }

  void move(const StepPlan& plan) {
    if (!plan.move) return;
    const auto [from, to] = *plan.move;
    ASSERT_TRUE(seated_.contains(from));
    ASSERT_FALSE(seated_.contains(to));
    ASSERT_LT(to, limits_.seats);
    auto node = seated_.extract(from);
    node.key() = node.mapped().view.seat = to;
    seated_.insert(std::move(node));
  }

  void take_seats(const StepPlan& plan) {
    const std::size_t expected = std::min<std::size_t>(waiting_.size(), limits_.seats - seated_.size());
    EXPECT_EQ(plan.seat.size(), expected) << "a free seat and a job that waits";
    for (const auto& [order, seat] : plan.seat) {
      ASSERT_EQ(order, waiting_.begin()->first) << "not first come first served";
      ASSERT_LT(seat, limits_.seats);
      auto node = waiting_.extract(waiting_.begin());
      node.mapped().view.seat = seat;
      ASSERT_TRUE(seated_.emplace(seat, node.mapped()).second) << "two sequences on one seat";
    }
  }

  void check_prefill_and_decode(const StepPlan& plan) {
    std::vector<Seat> decoding;
    std::map<std::uint64_t, const SequenceView*> prompts;
    for (const auto& [seat, job] : seated_) {
      if (job.view.phase == Phase::decode) decoding.push_back(seat);
      if (job.view.phase == Phase::prefill) prompts.emplace(job.view.order, &job.view);
    }
    EXPECT_EQ(plan.decode, decoding);
    ASSERT_EQ(plan.prefill.empty(), prompts.empty());
    std::uint32_t tokens = 0;
    for (const Prefill& part : plan.prefill) {
      const SequenceView& oldest = *prompts.begin()->second;  // of those that are left
      EXPECT_EQ(part.seat, oldest.seat);
      EXPECT_GT(part.tokens, 0U);
      EXPECT_EQ(part.last, part.tokens == oldest.prompt_left);
      EXPECT_TRUE(part.last || plan.prefill.size() == 1);
      tokens += part.tokens;
      prompts.erase(prompts.begin());
    }
    EXPECT_LE(tokens, decoding.empty() && plan.prefill.size() == 1 ? limits_.prefill_chunk_alone : limits_.prefill_chunk);
  }

  void compute(const StepPlan& plan, Ends ends) {
    for (const Seat seat : plan.decode) {
      Job& job = seated_.at(seat);
      ++job.view.cells;
      if (ends == Ends::yes && --job.tokens_left == 0) seated_.erase(seat);
    }
    for (const Prefill& part : plan.prefill) {
      SequenceView& s = seated_.at(part.seat).view;
      s.prompt_left -= part.tokens;
      s.cells += part.tokens;
      if (part.last) s.phase = Phase::decode;
    }
  }

  std::size_t runs_of_running() const {
    std::size_t runs = 0;
    std::optional<Seat> last;
    for (const auto& [seat, job] : seated_) {
      if (job.view.phase == Phase::parked) continue;
      if (!last || seat != *last + 1) ++runs;
      last = seat;
    }
    return runs;
  }

  // Nobody starves: every step computes a token or part of a prompt, or expires somebody, so the work that is left bounds the steps.
  void finish_all() {
    std::uint64_t bound = 1100;  // of which 1000 are the longest patience
    for (const auto& [seat, job] : seated_) bound += job.view.prompt_left + job.tokens_left + 2;
    for (const auto& [order, job] : waiting_) bound += job.view.prompt_left + job.tokens_left + 2;
    while (bound > 0 && !testing::Test::HasFailure() && !(seated_.empty() && waiting_.empty())) {
      step(Ends::yes);
      --bound;
    }
    EXPECT_TRUE(seated_.empty() && waiting_.empty()) << "somebody starved";
  }

  std::mt19937_64 engine_;
  StepLimits limits_;
  std::uint64_t arrive_every_ = 1;
  Instant now_ = Instant() + seconds(1);
  std::uint64_t step_ = 0, next_order_ = 1;
  std::map<Seat, Job> seated_;
  std::map<std::uint64_t, Job> waiting_;
};

TEST(PlanStep, ThousandsOfStepsKeepTheRules) {
  for (std::uint64_t seed = 1; seed <= 300 && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    Simulation(seed).run();
  }
}

}  // namespace
}  // namespace gatehouse::engine
