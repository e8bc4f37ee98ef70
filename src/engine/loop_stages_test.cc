// The decode loop: who sits where, who is computed when, who is turned away, and what a cancel or a failure takes with it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "test_loop.h"

namespace gatehouse::engine {
namespace {

namespace w = wire::engine;
using testing::ElementsAre;
using w::FinishReason;

// ---- Cancel ----

// One seat. Job 1 is brought into a stage, job 2 waits; after a cancel of 1 the very next turn must seat 2, and compute nothing for 1.
struct Stage {
  const char* name;
  std::uint32_t grant;
  int turns;
};

TEST(EngineLoopCancel, FreesTheSeatBeforeTheNextPass) {
  const std::vector<Stage> stages = {
      {"seated, nothing computed", 50, 1}, {"prompt half computed", 50, 2}, {"decoding", 50, 6}, {"parked", 2, 9}};
  for (const Stage& stage : stages) {
    SCOPED_TRACE(stage.name);
    TurnedLoop t(seats_of(1));
    t.ask(1, "loop:" + std::string(900, 'x'), stage.grant);
    t.turns(stage.turns);
    t.ask(2, "say:hi", 50);
    t.turn();
    ASSERT_EQ(t.loop.counters().queued, 1U);
    const std::uint32_t tokens = t.told(1).tokens;
    const std::uint64_t passes = t.trace.decode_passes + t.trace.prefill_passes;
    t.cancel(1);
    t.turn();
    EXPECT_EQ(t.done(1).reason, FinishReason::cancelled);
    EXPECT_EQ(t.told(1).tokens, tokens);
    EXPECT_EQ(t.trace.decode_passes + t.trace.prefill_passes, passes) << "computed for one that was cancelled";
    EXPECT_EQ(t.loop.counters().queued, 0U) << "the seat was not given to the next at once";
    t.settle();
    EXPECT_EQ(t.told(2).text, "hi");
    t.expect_empty();
  }
}

TEST(EngineLoopCancel, TakesAJobOutBeforeItHasASeat) {
  TurnedLoop t(seats_of(1));
  t.ask(1, "loop:x", 100);
  t.prepare(2, "loop:x");
  t.ask(3, "loop:x", 100);
  t.turns(3);
  t.cancel(2);
  t.cancel(3);
  t.turn();
  EXPECT_EQ(t.done(2).reason, FinishReason::cancelled);
  EXPECT_EQ(t.done(2).completion_tokens, 0U);
  EXPECT_EQ(t.done(3).reason, FinishReason::cancelled);
  EXPECT_EQ(t.loop.counters().queued, 0U);
  EXPECT_EQ(t.loop.counters().jobs, 1U);
  t.cancel(1);
  t.settle();
  t.expect_empty();
}

TEST(EngineLoopCancel, OfAJobThatWasNeverLookedAtIsDoneToo) {
  TurnedLoop t;
  t.prepare(1, "loop:x");
  t.cancel(1);
  t.turn();
  EXPECT_EQ(t.done(1).reason, FinishReason::cancelled);
  t.expect_empty();
}

TEST(EngineLoopCancel, IsDoneOnceWhateverElseComes) {
  TurnedLoop t;
  t.ask(1, "say:abc", 1);
  t.settle();
  for (int i = 0; i < 3; ++i) {
    t.cancel(1);
    t.finish(1);
    t.grant(1, 10);
    t.start(1, 10);
  }
  t.settle();
  t.cancel(1);
  t.settle();
  EXPECT_EQ(t.done(1).reason, FinishReason::cancelled);
  EXPECT_EQ(t.told(1).tokens, 1U);
}

// ---- Seats and prompts ----

TEST(EngineLoopSeats, AreGivenInTheOrderOfStarts) {
  TurnedLoop t(seats_of(1));
  for (const std::uint64_t job : {1, 2, 3, 4}) t.prepare(job, "say:x");
  for (const std::uint64_t job : {3, 1, 4, 2}) t.start(job, 5);
  t.settle();
  EXPECT_THAT(t.front.order, ElementsAre(JobKey{0, 3}, JobKey{0, 1}, JobKey{0, 4}, JobKey{0, 2}));
}

TEST(EngineLoopSeats, AJobThatWaitsDoesNotPushAParkedOneOut) {
  TurnedLoop t(seats_of(1));
  t.ask(1, "loop:x", 1);
  t.ask(2, "loop:x", 1);
  t.settle();
  EXPECT_EQ(t.told(1).tokens, 1U);
  EXPECT_EQ(t.told(2).tokens, 0U);
  t.clock.advance(seconds(2));
  t.settle();
  EXPECT_EQ(t.done(1).error, "grant_timeout");
  EXPECT_EQ(t.told(2).tokens, 1U) << "the seat is free when patience ends";
}

TEST(EngineLoopSeats, APromptAloneIsComputedInPartsOf512) {
  TurnedLoop t;
  t.ask(1, "loop:" + std::string(1200, 'x'), 5);
  std::vector<std::uint64_t> cells;
  for (int i = 0; i < 4; ++i) {
    t.turn();
    cells.push_back(t.cells());
  }
  EXPECT_THAT(cells, ElementsAre(0, 512, 1024, 1205));
  EXPECT_EQ(t.told(1).tokens, 1U) << "the first token comes with the end of the prompt";
}

TEST(EngineLoopSeats, BesideOthersAPromptIsComputedInPartsBetweenTheirSteps) {
  for (const std::uint32_t chunk : {128U, 64U}) {
    LoopOptions options;
    options.prefill_chunk = chunk;
    TurnedLoop t({}, options);
    t.ask(1, "loop:x", 100);
    t.turns(3);
    t.ask(2, "loop:" + std::string(507, 'y'), 100);
    t.turn();
    for (std::uint32_t parts = 512 / chunk; parts > 0; --parts) {
      const std::uint32_t tokens = t.told(1).tokens;
      const std::uint64_t cells = t.cells();
      EXPECT_EQ(t.told(2).tokens, 0U);
      t.turn();
      EXPECT_EQ(t.told(1).tokens, tokens + 1) << "a prompt must not hold up who decodes";
      EXPECT_EQ(t.cells(), cells + chunk + 1);
    }
    EXPECT_EQ(t.told(2).tokens, 1U);
  }
}

TEST(EngineLoopSeats, BetweenTwoTokensThereIsOnePassOverPromptsAtMost) {
  TurnedLoop t(seats_of(16));
  t.ask(1, "loop:x", 1000);
  t.turns(3);
  // Long ones and short ones, more than there are seats.
  for (std::uint64_t job = 2; job < 30; ++job) t.ask(job, "loop:" + std::string(job % 3 == 0 ? 2000 : 10 * job, 'y'), 3);
  for (int i = 0; i < 150; ++i) {
    const std::uint32_t tokens = t.told(1).tokens;
    const std::uint64_t decodes = t.trace.decode_passes, prefills = t.trace.prefill_passes;
    t.turn();
    EXPECT_EQ(t.told(1).tokens, tokens + 1);
    EXPECT_EQ(t.trace.decode_passes, decodes + 1);
    EXPECT_LE(t.trace.prefill_passes, prefills + 1);
  }
}

TEST(EngineLoopSeats, TheChunkFollowsWhatStepsTake) {
  LoopOptions options;
  for (int i = 0; i < 100; ++i) {
    for (const std::uint32_t count : {1U, 8U}) options.costs.saw_decode(count, milliseconds(10));
    for (const std::uint32_t tokens : {16U, 48U}) options.costs.saw_prefill({tokens, 0}, milliseconds(2 * tokens));
  }
  TurnedLoop t({}, options);
  t.ask(1, "loop:x", 1000);
  t.turns(3);
  t.ask(2, "loop:" + std::string(2000, 'y'), 100);
  t.turn();
  const std::uint64_t cells = t.cells();
  t.turn();
  EXPECT_EQ(t.cells(), cells + 1 + 64) << "(250 - 10) / 2 = 120, in tiles";
  t.before_pass([&t] { t.clock.advance(milliseconds(600)); });  // a machine that is busy with something else
  t.turns(12);
  t.before_pass({});
  const std::uint64_t before = t.cells();
  t.turn();
  EXPECT_EQ(t.cells(), before + 1 + 64);
}

TEST(EngineLoopSeats, AHoleIsFilledSoThatBatchesStayDense) {
  TurnedLoop t(seats_of(4));
  for (const std::uint64_t job : {1, 2, 3, 4}) t.ask(job, "loop:" + std::to_string(job), 200);
  t.turns(10);
  t.cancel(2);
  t.turn();
  EXPECT_EQ(t.trace.moves, 1U);
  EXPECT_EQ(t.trace.sparse_batches, 0U);
  t.turns(10);
  EXPECT_THAT(t.told(4).text, testing::MatchesRegex("4+"));
  EXPECT_EQ(t.told(4).tokens, t.told(3).tokens) << "who moved loses no step";
}

// ---- What fails ----

// Fails the next pass of the model, and only that.
void fail_next_pass(TurnedLoop& t) {
  t.before_pass([&t] {
    t.before_pass({});
    throw std::runtime_error("the scripted model failed");
  });
}

TEST(EngineLoopFailure, OfADecodeEndsExactlyWhoWasInTheBatch) {
  TurnedLoop t(seats_of(4));
  t.ask(1, "loop:x", 100);
  t.ask(2, "loop:x", 100);
  t.ask(3, "loop:x", 1);  // parked by then
  t.turns(6);
  t.ask(4, "loop:" + std::string(300, 'y'), 100);
  t.turns(2);  // its prompt is half computed
  t.prepare(5, "loop:x");
  t.ask(6, "loop:z", 2);  // no seat
  t.turn();
  fail_next_pass(t);
  t.turn();
  for (const std::uint64_t job : {1, 2}) {
    EXPECT_EQ(t.done(job).reason, FinishReason::error);
    EXPECT_EQ(t.done(job).error, "engine_decode_failed");
  }
  for (const std::uint64_t job : {3, 4, 5, 6}) EXPECT_FALSE(t.told(job).ended()) << job;
  t.start(5, 2);
  t.grant(3, 1);
  t.settle();
  EXPECT_EQ(t.told(3).tokens, 2U);
  EXPECT_EQ(t.told(4).tokens, 100U);
  EXPECT_EQ(t.told(5).tokens, 2U);
  EXPECT_EQ(t.told(6).tokens, 2U);
}

TEST(EngineLoopFailure, OfAPrefillEndsWhoseTokensWereInIt) {
  TurnedLoop t(seats_of(5));
  t.ask(1, "loop:x", 1);
  t.settle();
  for (const std::uint64_t job : {2, 3}) t.ask(job, "loop:x", 100);
  t.ask(4, "loop:" + std::string(1000, 'y'), 1);
  t.turn();
  fail_next_pass(t);
  t.turn();
  for (const std::uint64_t job : {2, 3}) EXPECT_EQ(t.done(job).error, "engine_decode_failed");
  for (const std::uint64_t job : {1, 4}) EXPECT_FALSE(t.told(job).ended()) << job;
  t.settle();
  EXPECT_EQ(t.told(4).tokens, 1U);
}

TEST(EngineLoopFailure, OfAPrefillEndsThatJobAlone) {
  TurnedLoop t;
  t.ask(1, "loop:x", 1);
  t.settle();
  t.ask(2, "loop:x", 100);
  t.turn();
  fail_next_pass(t);
  t.turn();
  EXPECT_EQ(t.done(2).error, "engine_decode_failed");
  EXPECT_FALSE(t.told(1).ended());
  t.finish(1);
  t.settle();
  t.expect_empty();
}

// ---- Who is turned away ----

TEST(EngineLoopQueue, TakesAsManyJobsAsItMayHoldAndSeat) {
  TurnedLoop t(seats_of(1), queue_of(2));
  EXPECT_TRUE(t.prepare(1, "say:x"));
  EXPECT_TRUE(t.prepare(2, "say:x"));
  EXPECT_TRUE(t.prepare(3, "say:x"));
  EXPECT_FALSE(t.prepare(4, "say:x"));
  t.turn();
  EXPECT_FALSE(t.prepare(4, "say:x"));
  EXPECT_EQ(t.loop.counters().jobs, 3U);
  t.cancel(2);
  t.turn();
  EXPECT_TRUE(t.prepare(4, "say:x"));
  for (const std::uint64_t job : {1, 3, 4}) t.start(job, 9);
  t.settle();
  for (const std::uint64_t job : {1, 3, 4}) EXPECT_EQ(t.done(job).reason, FinishReason::stop);
  t.expect_empty();
}

TEST(EngineLoopQueue, RefusesANumberThatIsTaken) {
  TurnedLoop t;
  EXPECT_TRUE(t.prepare(1, "say:x"));
  EXPECT_FALSE(t.prepare(1, "say:x")) << "before it was looked at";
  t.turn();
  EXPECT_FALSE(t.prepare(1, "say:x")) << "and after";
  EXPECT_TRUE(t.prepare(1, "say:y", {}, 7)) << "another link has numbers of its own";
  t.start(1, 9, 7);
  t.start(1, 9);
  t.settle();
  EXPECT_EQ(t.told(1).text, "x");
  EXPECT_EQ(t.told(1, 7).text, "y");
  EXPECT_EQ(t.loop.counters().jobs, 0U);
  EXPECT_TRUE(t.prepare(1, "say:x")) << "done is done";
}

TEST(EngineLoopQueue, IsNotFilledByCommandsForNobody) {
  TurnedLoop t(seats_of(1), queue_of(1));
  t.ask(1, "loop:x", 1);
  for (std::uint64_t i = 0; i < 100'000; ++i) t.cancel(2 + i);
  t.finish(1);
  t.settle();
  EXPECT_EQ(t.done(1).reason, FinishReason::length);
}

TEST(EngineLoopQueue, PreparedJobsExpireAfterThirtySeconds) {
  TurnedLoop t;
  t.prepare(1, "say:x");
  t.prepare(2, "loop:x");
  t.turn();
  t.start(2, 1);
  t.clock.advance(seconds(30) - nanoseconds(1));
  t.settle();
  EXPECT_FALSE(t.told(1).ended());
  t.clock.advance(nanoseconds(1));
  t.settle();
  EXPECT_EQ(t.done(1).reason, FinishReason::error);
  EXPECT_EQ(t.done(1).error, "prepared_expired");
  EXPECT_EQ(t.done(1).completion_tokens, 0U);
  EXPECT_FALSE(t.told(2).ended());
  t.start(1, 5);
  t.settle();
  EXPECT_EQ(t.told(1).tokens, 0U);
}

TEST(EngineLoopQueue, AStartInTheLastMomentIsInTime) {
  TurnedLoop t;
  t.prepare(1, "say:x");
  t.turn();
  t.clock.advance(seconds(31));
  t.start(1, 5);
  t.settle();
  EXPECT_EQ(t.done(1).reason, FinishReason::stop);
}

TEST(EngineLoop, TellsOthersWhichStepIsUnderWay) {
  TurnedLoop t;
  t.ask(1, "loop:x", 30);
  t.turns(3);
  EXPECT_EQ(t.loop.counters().step_began_ns, 0) << "none is";
  std::int64_t began = 0, usual = 0;
  t.before_pass([&] {
    began = t.loop.counters().step_began_ns;
    usual = t.loop.counters().usual_step_ns;
    t.clock.advance(milliseconds(30));
  });
  const Instant now = t.clock.now();
  t.turn();
  EXPECT_EQ(began, now.time_since_epoch().count());
  EXPECT_EQ(usual, 0) << "no step has taken any time yet";
  t.turn();
  EXPECT_GT(usual, 0);
  EXPECT_LE(usual, nanoseconds(milliseconds(30)).count());
  EXPECT_EQ(t.loop.counters().step_began_ns, 0);
}

}  // namespace
}  // namespace gatehouse::engine
