// The decode loop and several tenants: who is computed for, and who makes room.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "test_loop.h"

namespace gatehouse::engine {
namespace {

namespace w = wire::engine;

// Jobs first, first + 1, …: more of the tenant's than there will be seats.
void ask_many(TurnedLoop& t, std::uint64_t tenant, std::uint64_t first, int jobs, const std::string& prompt, std::uint32_t grant) {
  t.as(tenant);
  for (int i = 0; i < jobs; ++i) {
    t.ask(first + static_cast<std::uint64_t>(i), prompt, grant);
    t.finish(first + static_cast<std::uint64_t>(i));
  }
}

TEST(EngineLoopTenants, TheQueueOfOneIsNotTheQueueOfAnother) {
  TurnedLoop t(seats_of(1));
  ask_many(t, 1, 1, 20, "loop:x", 30);
  t.turns(5);
  ask_many(t, 2, 100, 1, "loop:y", 3);
  while (!t.told(1).ended()) t.turn();
  t.turns(5);
  EXPECT_TRUE(t.told(100).ended()) << "it waits for the seat, not for nineteen others";
  t.settle();
  for (std::uint64_t job = 1; job <= 20; ++job) EXPECT_TRUE(t.told(job).ended());
  t.expect_empty();
}

TEST(EngineLoopTenants, AShortPromptIsNotBehindTheLongOnesOfAnother) {
  TurnedLoop t(seats_of(8));
  t.as(3);
  t.ask(1, "loop:x", 1000);  // somebody decodes
  t.turns(3);
  ask_many(t, 1, 10, 6, "loop:" + std::string(1000, 'y'), 5);
  t.turns(3);
  ask_many(t, 2, 20, 1, "loop:z", 5);
  t.turns(3);  // a seat, at most one chunk of others, its own
  EXPECT_GE(t.told(20).tokens, 1U);
  EXPECT_EQ(t.told(15).tokens, 0U);
}

// ---- Seats that are given back ----

TEST(EngineLoopReclaim, ATenantWithoutASeatGetsOneAndTheOtherGoesOnUnchanged) {
  TurnedLoop t(seats_of(4));
  ask_many(t, 1, 1, 10, "loop:abc", 60);
  t.turns(30);
  ask_many(t, 2, 100, 1, "say:hello", 50);
  t.turns(3);
  EXPECT_GE(t.told(100).tokens, 1U) << "a seat at once, and the prompt behind it";
  EXPECT_EQ(t.loop.counters().given_back, 1U);
  EXPECT_EQ(t.loop.counters().saved, 1U);
  EXPECT_GT(t.loop.counters().saved_bytes, 0U);
  EXPECT_EQ(t.seated(), 4U);
  t.settle();
  EXPECT_EQ(t.told(100).text, "hello");
  std::string whole;
  while (whole.size() < 60) whole += "abc";
  for (std::uint64_t job = 1; job <= 10; ++job) EXPECT_EQ(t.told(job).text, whole) << job;
  EXPECT_EQ(t.trace.saves, 1U);
  t.expect_empty();
}

TEST(EngineLoopReclaim, WhoHasGivenItsSeatIsTheNextOfItsTenant) {
  TurnedLoop t(seats_of(2));
  ask_many(t, 1, 1, 6, "loop:x", 100);
  t.turns(30);
  ask_many(t, 2, 100, 1, "say:hi", 50);
  while (!t.told(100).ended()) t.turn();
  const std::uint32_t before = t.told(2).tokens;
  ASSERT_EQ(t.told(3).tokens, 0U);
  t.turns(4);
  EXPECT_GT(t.told(2).tokens, before);
  EXPECT_EQ(t.told(3).tokens, 0U);
  t.settle();
  t.expect_empty();
}

TEST(EngineLoopReclaim, APromptHalfComputedGoesOnWhereItWas) {
  TurnedLoop t(seats_of(2));
  ask_many(t, 1, 1, 2, "loop:" + std::string(1500, 'x'), 5);
  t.turns(2);
  ask_many(t, 2, 100, 1, "say:hi", 50);
  t.turns(3);
  EXPECT_EQ(t.loop.counters().given_back, 1U);
  t.settle();
  for (const std::uint64_t job : {1, 2}) EXPECT_EQ(t.done(job).completion_tokens, 5U);
  EXPECT_LE(t.trace.prefill_passes, 2U * 1505 / 128 + 4) << "nothing was computed twice";
  t.expect_empty();
}

TEST(EngineLoopReclaim, OneThatHasComputedNothingLeavesNothingToSave) {
  TurnedLoop t(seats_of(2));
  ask_many(t, 1, 1, 2, "loop:" + std::string(900, 'x'), 5);
  t.turn();
  ask_many(t, 2, 100, 1, "say:hi", 50);
  t.turn();
  EXPECT_EQ(t.loop.counters().given_back, 1U);
  EXPECT_EQ(t.trace.saves, 0U);
  t.settle();
  EXPECT_EQ(t.told(100).text, "hi");
  for (const std::uint64_t job : {1, 2}) EXPECT_EQ(t.done(job).completion_tokens, 5U);
  t.expect_empty();
}

TEST(EngineLoopReclaim, WhatIsKeptIsAQuarterOfTheCellsAtMost) {
  TurnedLoop t(seats_of(4, 400));  // 400 cells may be kept
  ask_many(t, 1, 1, 4, "loop:" + std::string(140, 'x'), 250);
  while (t.cells() < 640) t.turn();
  for (std::uint64_t tenant = 2; tenant <= 4; ++tenant) ask_many(t, tenant, 100 * tenant, 1, "loop:y", 200);
  t.turns(30);
  EXPECT_EQ(t.loop.counters().saved, 2U) << "a third would be 480 and more";
  EXPECT_LE(t.loop.counters().saved_bytes, 400U);
  EXPECT_EQ(t.told(400).tokens, 0U);
  t.settle();
  for (const std::uint64_t job : {1, 2, 3, 4, 200, 300, 400}) EXPECT_EQ(t.done(job).reason, w::FinishReason::length) << job;
  t.expect_empty();
}

// One that is parked without a seat, saved.
void set_aside(TurnedLoop& t) {
  t.as(1);
  t.ask(1, "loop:ab", 3);
  t.settle();
  t.clock.advance(milliseconds(200));
  t.as(2);
  t.ask(2, "loop:y", 1000);
  t.turns(3);
  ASSERT_EQ(t.loop.counters().saved, 1U);
  ASSERT_EQ(t.loop.counters().queued, 0U) << "it waits for a grant, not for a seat";
}

TEST(EngineLoopReclaim, AParkedOneMakesRoomAndTakesUpAgainWithItsGrant) {
  TurnedLoop t(seats_of(1));
  set_aside(t);
  t.grant(1, 2);
  t.turn();
  EXPECT_EQ(t.loop.counters().queued, 1U);
  t.cancel(2);
  t.settle();
  EXPECT_EQ(t.told(1).text, "ababa");
  EXPECT_EQ(t.told(1).waits, 2);
}

TEST(EngineLoopReclaim, WhoIsAsideEndsAsAParkedOneDoes) {
  const auto ends = [](auto&& how) {
    TurnedLoop t(seats_of(1));
    set_aside(t);
    how(t);
    t.turns(2);
    EXPECT_EQ(t.loop.counters().saved, 0U);
    EXPECT_EQ(t.loop.counters().saved_bytes, 0U);
    t.cancel(2);
    const w::Done done = t.done(1);
    t.settle();
    t.expect_empty();
    return done;
  };
  EXPECT_EQ(ends([](TurnedLoop& t) { t.finish(1); }).reason, w::FinishReason::length);
  EXPECT_EQ(ends([](TurnedLoop& t) { t.cancel(1); }).reason, w::FinishReason::cancelled);
  EXPECT_EQ(ends([](TurnedLoop& t) { t.clock.advance(seconds(2)); }).error, "grant_timeout");
}

TEST(EngineLoopReclaim, AParkedOneMakesRoomThoughNothingElseHappens) {
  const SystemClock clock;
  const LoadedModel model = scripted_model(seats_of(1));
  WritingFront front;
  LoopOptions options;
  options.patience = seconds(600);
  EngineLoop loop(*model.sequences, clock, front, options);
  front.on_done = [&] { loop.stop(); };
  for (std::uint64_t job = 1; job <= 2; ++job) {
    EXPECT_TRUE(loop.push(LoopCommand(JobKey{static_cast<std::uint32_t>(job), job}, PreparedJob{{'?'}, {}, {}, job})));
    EXPECT_TRUE(loop.push(LoopCommand(JobKey{static_cast<std::uint32_t>(job), job}, w::Start{1})));
  }
  EXPECT_TRUE(loop.push(LoopCommand(JobKey{2, 2}, w::Finish{w::FinishReason::length})));
  std::thread thread([&] { loop.run(); });
  thread.join();
  EXPECT_EQ(front.jobs.at(JobKey{2, 2}).tokens, 1U);
  EXPECT_EQ(loop.counters().saved, 1U);
}

TEST(EngineLoopReclaim, OneThatWaitsToGoOnMayBeCancelled) {
  TurnedLoop t(seats_of(2));
  ask_many(t, 1, 1, 2, "loop:x", 1000);
  t.turns(30);
  ask_many(t, 2, 100, 1, "loop:y", 1000);
  t.turns(3);
  ASSERT_EQ(t.loop.counters().saved, 1U);
  t.cancel(2);
  t.turn();
  EXPECT_EQ(t.done(2).reason, w::FinishReason::cancelled);
  EXPECT_EQ(t.loop.counters().saved, 0U);
  for (const std::uint64_t job : {1, 100}) t.cancel(job);
  t.settle();
  t.expect_empty();
}

}  // namespace
}  // namespace gatehouse::engine
