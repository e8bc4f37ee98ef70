// The decode loop: what counts, what is granted, how a job ends.
#include "gatehouse/engine/loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "test_loop.h"

namespace gatehouse::engine {
namespace {

namespace w = wire::engine;
using w::FinishReason;

// ---- What counts ----

TEST(EngineLoop, EveryTokenCountsButTheEndToken) {
  TurnedLoop t;
  t.ask(1, "say:hello", 100);
  t.settle();
  EXPECT_EQ(t.told(1).text, "hello");
  EXPECT_EQ(t.told(1).tokens, 5U);
  EXPECT_EQ(t.done(1).reason, FinishReason::stop);
  EXPECT_EQ(t.done(1).prompt_tokens, 9U);
  EXPECT_EQ(t.done(1).completion_tokens, 5U);
  EXPECT_EQ(t.done(1).error, "");
  EXPECT_EQ(t.done(1).stop, "");
  t.expect_empty();
}

TEST(EngineLoop, SaysWhichStopStringWasMet) {
  TurnedLoop t;
  t.prepare(1, "say:one END two", {"none", "END"});
  t.start(1, 100);
  t.settle();
  EXPECT_EQ(t.told(1).text, "one ");
  EXPECT_EQ(t.done(1).reason, FinishReason::stop);
  EXPECT_EQ(t.done(1).stop, "END");
  t.expect_empty();
}

TEST(EngineLoop, AnAnswerOfNothingIsDoneWithoutTokens) {
  TurnedLoop t;
  t.ask(1, "say:", 1);
  t.settle();
  EXPECT_EQ(t.done(1).reason, FinishReason::stop);
  EXPECT_EQ(t.done(1).completion_tokens, 0U);
  t.expect_empty();
}

TEST(EngineLoop, ComputesExactlyWhatIsGranted) {
  TurnedLoop t;
  t.ask(1, "loop:ab", 5);
  t.settle();
  EXPECT_EQ(t.told(1).tokens, 5U);
  EXPECT_EQ(t.told(1).text, "ababa");
  EXPECT_EQ(t.told(1).waits, 1);
  t.grant(1, 3);
  t.settle();
  EXPECT_EQ(t.told(1).tokens, 8U);
  EXPECT_EQ(t.told(1).text, "abababab");
  EXPECT_EQ(t.told(1).waits, 2);
  EXPECT_FALSE(t.told(1).ended());
}

TEST(EngineLoop, GrantsBeforeTheFirstTokenAddUp) {
  TurnedLoop t;
  t.ask(1, "loop:ab", 1);
  t.grant(1, 2);
  t.turn();
  t.grant(1, 4);
  t.settle();
  EXPECT_EQ(t.told(1).tokens, 7U);
  EXPECT_EQ(t.told(1).waits, 1);
}

TEST(EngineLoop, AGrantBeforeTheStartIsNone) {
  TurnedLoop t;
  t.prepare(1, "loop:ab");
  t.grant(1, 50);
  t.start(1, 2);
  t.settle();
  EXPECT_EQ(t.told(1).tokens, 2U);
}

TEST(EngineLoop, WithoutAGrantNothingIsComputed) {
  TurnedLoop t;
  t.prepare(1, "loop:ab");
  t.settle();
  EXPECT_EQ(t.trace.prefill_passes, 0U);
  t.start(1, 0);
  t.settle();
  EXPECT_EQ(t.done(1).reason, FinishReason::error);
  EXPECT_EQ(t.done(1).error, "start_without_grant");
  EXPECT_EQ(t.trace.prefill_passes, 0U);
  t.expect_empty();
}

TEST(EngineLoop, ASecondStartGrantsNothing) {
  TurnedLoop t;
  t.ask(1, "loop:ab", 2);
  t.start(1, 50);
  t.settle();
  t.start(1, 50);
  t.settle();
  EXPECT_EQ(t.told(1).tokens, 2U);
}

TEST(EngineLoop, ALongestGrantDoesNotWrapRound) {
  TurnedLoop t;
  t.ask(1, "say:abc", 0xFFFFFFFFU);
  t.grant(1, 0xFFFFFFFFU);
  t.settle();
  EXPECT_EQ(t.done(1).completion_tokens, 3U);
}

// ---- Asking ahead, waiting, patience ----

TEST(EngineLoop, AsksAheadOnceAtEightLeft) {
  TurnedLoop t;
  t.ask(1, "loop:x", 20);
  t.turn();  // the seat
  while (t.told(1).tokens < 11) t.turn();
  EXPECT_EQ(t.told(1).asks, 0);
  t.turn();
  EXPECT_EQ(t.told(1).tokens, 12U);
  EXPECT_EQ(t.told(1).asks, 1);
  t.settle();
  EXPECT_EQ(t.told(1).asks, 1);
  t.grant(1, 20);
  t.settle();
  EXPECT_EQ(t.told(1).asks, 2);
}

TEST(EngineLoop, AsksAtTheFirstTokenOfASmallGrant) {
  TurnedLoop t;
  t.ask(1, "loop:x", 4);
  t.turns(2);
  EXPECT_EQ(t.told(1).tokens, 1U);
  EXPECT_EQ(t.told(1).asks, 1);
}

TEST(EngineLoop, AGrantOfNothingIsNoAnswerToAQuestion) {
  TurnedLoop t;
  t.ask(1, "loop:x", 8);
  t.turns(3);
  ASSERT_EQ(t.told(1).asks, 1);
  t.grant(1, 0);
  t.settle();
  EXPECT_EQ(t.told(1).asks, 1);
}

TEST(EngineLoop, DoesNotAskWhenNothingWillFollow) {
  TurnedLoop t;
  t.ask(1, "loop:x", 20);
  t.finish(1);
  t.settle();
  EXPECT_EQ(t.told(1).asks, 0);
  EXPECT_EQ(t.told(1).waits, 0);
  EXPECT_EQ(t.done(1).reason, FinishReason::length);
  EXPECT_EQ(t.done(1).completion_tokens, 20U);
}

TEST(EngineLoop, AParkedJobKeepsItsCellsAndIsNotComputed) {
  TurnedLoop t;
  t.ask(1, "loop:ab", 3);
  t.ask(2, "loop:cd", 40);
  while (t.told(1).waits == 0) t.turn();
  const std::uint64_t cells = t.cells();
  const std::uint32_t tokens = t.told(2).tokens;
  t.turns(4);
  EXPECT_EQ(t.told(1).tokens, 3U);
  EXPECT_EQ(t.cells(), cells + (t.told(2).tokens - tokens)) << "only the other one grows";
  t.grant(1, 2);
  t.settle();
  EXPECT_EQ(t.told(1).text, "ababa");
}

TEST(EngineLoop, WhenEverybodyIsParkedNothingIsComputed) {
  TurnedLoop t;
  t.ask(1, "loop:ab", 3);
  t.settle();
  const std::uint64_t passes = t.trace.decode_passes;
  EXPECT_FALSE(t.turn());
  EXPECT_EQ(t.trace.decode_passes, passes);
  EXPECT_EQ(t.seated(), 1U);
}

TEST(EngineLoop, PatienceEndsAfterTwoSeconds) {
  TurnedLoop t;
  t.ask(1, "loop:ab", 3);
  t.settle();
  t.clock.advance(seconds(2) - nanoseconds(1));
  t.settle();
  EXPECT_FALSE(t.told(1).ended());
  t.clock.advance(nanoseconds(1));
  t.settle();
  EXPECT_EQ(t.done(1).reason, FinishReason::error);
  EXPECT_EQ(t.done(1).error, "grant_timeout");
  EXPECT_EQ(t.done(1).completion_tokens, 3U);
  t.expect_empty();
}

TEST(EngineLoop, AGrantOfNothingRenewsPatience) {
  TurnedLoop t;
  t.ask(1, "loop:ab", 3);
  t.settle();
  for (int i = 0; i < 10; ++i) {
    t.clock.advance(milliseconds(1900));
    t.grant(1, 0);
    t.settle();
    ASSERT_FALSE(t.told(1).ended());
  }
  EXPECT_EQ(t.told(1).tokens, 3U);
  t.clock.advance(seconds(2));
  t.settle();
  EXPECT_EQ(t.done(1).error, "grant_timeout");
}

TEST(EngineLoop, AGrantThatComesWithTheEndOfPatienceIsInTime) {
  TurnedLoop t;
  t.ask(1, "loop:ab", 3);
  t.settle();
  t.clock.advance(seconds(3));
  t.grant(1, 1);
  t.settle();
  EXPECT_EQ(t.told(1).tokens, 4U);
  t.clock.advance(seconds(3));
  t.finish(1);
  t.settle();
  EXPECT_EQ(t.done(1).reason, FinishReason::length);
}

TEST(EngineLoop, OnlyWhoWaitsForAGrantLosesPatience) {
  TurnedLoop t(seats_of(1));
  t.ask(1, "loop:ab", 50);
  t.ask(2, "loop:ab", 50);
  for (int i = 0; i < 20; ++i) {
    t.turn();
    t.clock.advance(seconds(60));
  }
  EXPECT_FALSE(t.told(1).ended());
  EXPECT_FALSE(t.told(2).ended());
}

// ---- The ways to end ----

TEST(EngineLoop, FinishEndsAParkedJobAtOnce) {
  TurnedLoop t;
  t.ask(1, "loop:abE", 3, {"END"});
  t.settle();
  EXPECT_EQ(t.told(1).text, "ab") << "E may become a stop string";
  t.finish(1);
  EXPECT_FALSE(t.turn());
  EXPECT_EQ(t.done(1).reason, FinishReason::length);
  EXPECT_EQ(t.told(1).text, "abE");
  t.expect_empty();
}

TEST(EngineLoop, FinishBeforeTheStartHoldsToo) {
  TurnedLoop t;
  t.prepare(1, "loop:ab");
  t.finish(1);
  t.start(1, 2);
  t.settle();
  EXPECT_EQ(t.done(1).reason, FinishReason::length);
  EXPECT_EQ(t.done(1).completion_tokens, 2U);
}

TEST(EngineLoop, AStopStringOverSeveralTokensIsCountedAndNeverShown) {
  TurnedLoop t;
  t.ask(1, "say:one END two", 100, {"END"});
  for (int i = 0; i < 30; ++i) {
    t.turn();
    EXPECT_TRUE(std::string("one ").starts_with(t.told(1).text)) << t.told(1).text;
  }
  EXPECT_EQ(t.told(1).text, "one ");
  EXPECT_EQ(t.done(1).reason, FinishReason::stop);
  EXPECT_EQ(t.done(1).completion_tokens, 7U);
}

TEST(EngineLoop, AStopStringAtTheEndOfTheGrantIsAStop) {
  TurnedLoop t;
  t.ask(1, "say:abcd", 3, {"bc"});
  t.settle();
  EXPECT_EQ(t.done(1).reason, FinishReason::stop);
  EXPECT_EQ(t.told(1).text, "a");
  EXPECT_EQ(t.told(1).waits, 0);
}

TEST(EngineLoop, WhatOnlyBeganLikeAStopStringComesWithTheEnd) {
  TurnedLoop t;
  t.ask(1, "say:one EN", 100, {"END"});
  t.settle();
  EXPECT_EQ(t.told(1).text, "one EN");
}

TEST(EngineLoop, TextIsCutAtWholeCharacters) {
  TurnedLoop t;
  t.ask(1, "loop:\xE2\x82\xAC", 4);
  t.settle();
  EXPECT_EQ(t.told(1).text, "€");
  t.grant(1, 2);
  t.settle();
  EXPECT_EQ(t.told(1).text, "€€");
  t.grant(1, 1);
  t.finish(1);
  t.settle();
  EXPECT_EQ(t.told(1).text, "€€") << "a character that was cut is not shown";
  EXPECT_EQ(t.done(1).completion_tokens, 7U) << "its bytes were sampled all the same";
}

TEST(EngineLoop, AFullSeatEndsWithLength) {
  TurnedLoop t(seats_of(1, 16));
  t.ask(1, "loop:abcde", 100);
  t.settle();
  EXPECT_EQ(t.done(1).reason, FinishReason::length);
  EXPECT_EQ(t.done(1).completion_tokens, 16U - 10U + 1U) << "the last token needs no cell";
  t.ask(2, "loop:0123456789", 100);
  t.settle();
  EXPECT_EQ(t.done(2).completion_tokens, 2U);
  t.expect_empty();
}

TEST(EngineLoop, TheSeatThatIsFullWithThePromptGivesOneToken) {
  TurnedLoop t(seats_of(1, 16));
  const std::vector<Token> prompt(16, 'x');
  ASSERT_TRUE(t.loop.push(LoopCommand(JobKey{0, 1}, PreparedJob{prompt, {}, {}})));
  t.start(1, 100);
  t.settle();
  EXPECT_EQ(t.done(1).reason, FinishReason::length);
  EXPECT_EQ(t.done(1).completion_tokens, 1U);
}

TEST(EngineLoop, DoneSaysHowLongEachPartTook) {
  TurnedLoop t(seats_of(1));
  t.before_pass([&t] { t.clock.advance(milliseconds(10)); });
  t.ask(1, "say:abc", 9);
  t.ask(2, "say:abc", 9);
  t.settle();
  EXPECT_EQ(t.done(1).queued_us, 0U);
  EXPECT_EQ(t.done(1).prefill_us, 10'000U);
  EXPECT_EQ(t.done(1).decode_us, 30'000U);
  EXPECT_EQ(t.done(2).queued_us, 40'000U);
}

TEST(EngineLoop, RunTurnsUntilItIsStopped) {
  const SystemClock clock;
  ScriptedTrace trace;
  const LoadedModel model = scripted_model(ScriptedOptions(), &trace);
  WritingFront front;
  EngineLoop loop(*model.sequences, clock, front, queue_of(8));
  front.on_done = [&] {
    front.next_step();
    loop.stop();
  };
  std::thread thread([&] { loop.run(); });
  EXPECT_TRUE(loop.push(LoopCommand(JobKey{0, 1}, PreparedJob{{'?'}, {}, {}})));
  EXPECT_TRUE(loop.push(LoopCommand(JobKey{0, 1}, w::Start{1})));
  EXPECT_TRUE(loop.push(LoopCommand(JobKey{0, 1}, w::Finish{FinishReason::length})));
  thread.join();
  EXPECT_EQ(front.jobs.at(JobKey{0, 1}).tokens, 1U);
  EXPECT_FALSE(loop.push(LoopCommand(JobKey{0, 2}, PreparedJob{{'?'}, {}, {}}))) << "nobody would ever look at it";
  EXPECT_EQ(loop.counters().jobs, 0U);
}

}  // namespace
}  // namespace gatehouse::engine
