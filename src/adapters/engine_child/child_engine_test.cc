// Supervision: children that die, hang, or never come to life.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "test_child_engine.h"

namespace gatehouse::adapters {
namespace {

namespace w = wire::engine;
using testing::ElementsAre;

TEST_F(ChildEngineTest, IsReadyWhenItsChildIs) {
  engine->start();
  child(1);
  EXPECT_EQ(prepare_says(), "model_loading");
  tell(w::ModelState::loading);
  EXPECT_EQ(prepare_says(), "model_loading");
  tell(w::ModelState::ready);
  EXPECT_EQ(prepare_says(), "prepared");
  EXPECT_EQ(engine->child_pid(), 1001);
  EXPECT_THAT(events, ElementsAre("engine started", "model ready"));
}

TEST_F(ChildEngineTest, AChildThatEndsIsReplaced) {
  engine->start();
  ready_child(1);
  EXPECT_TRUE(rehearses);
  auto job = engine->prepare(reactor, w::Prepare());
  child_dies();
  EXPECT_TRUE((*job)->take().lost);
  EXPECT_EQ(prepare_says(), "model_loading");
  EXPECT_EQ(engine->child_pid(), 0);
  ready_child(2);  // at once
  EXPECT_FALSE(rehearses) << "requests wait for it";
  EXPECT_EQ(prepare_says(), "prepared");
  EXPECT_EQ(engine->restarts(), 1U);
  EXPECT_THAT(events, ElementsAre("engine started", "model ready", "engine ended", "engine started", "model ready"));
}

TEST_F(ChildEngineTest, TheFirstRestartComesAtOnceAndPausesDoubleUpToTenSecondsUntilOneLived) {
  engine->start();
  int number = 1;
  ready_child(number++);
  child_dies();
  for (const int pause : {100, 200, 400, 800, 1600, 3200, 6400, 10'000, 10'000}) {
    ready_child(number++);
    child_dies();
    expect_pause(milliseconds(pause));
  }
  ready_child(number++);
  pass(seconds(61));
  child_dies();
  ready_child(number);
}

TEST_F(ChildEngineTest, AModelThatFailsThreeTimesIsGivenUp) {
  engine->start();
  for (int number = 1; number <= 3; ++number) {
    child(number);
    tell(w::ModelState::failed, "bad magic");
    EXPECT_EQ(spawner.counts.held, 0);
    if (number < 3) {
      EXPECT_EQ(prepare_says(), "model_loading");
    }
    pass(seconds(10));
  }
  EXPECT_EQ(engine->state().state, w::ModelState::failed);
  EXPECT_EQ(prepare_says(), "engine_unavailable");
  EXPECT_EQ(events.back(), "model failed for good");
  EXPECT_THAT(last_detail, testing::HasSubstr("bad magic"));
  pass(seconds(100));
  EXPECT_EQ(spawner.counts.made, 3);
}

// A file that breaks the engine leaves it no word to say.
TEST_F(ChildEngineTest, AModelThatEndsItsChildThreeTimesIsGivenUpWithAReason) {
  engine->start();
  for (int number = 1; number <= 3; ++number) {
    child(number);
    child_dies();
    pass(seconds(10));
  }
  EXPECT_EQ(events.back(), "model failed for good");
  EXPECT_THAT(last_detail, testing::HasSubstr("ended while it loaded the model"));
}

TEST_F(ChildEngineTest, OneThatWasReadyStartsTheCountAnew) {
  engine->start();
  for (int number = 1; number <= 8; ++number) {
    child(number);
    if (number % 3 == 0) tell(w::ModelState::ready);
    child_dies();
    pass(seconds(10));
  }
  ready_child(9);
}

TEST_F(ChildEngineTest, AMissingFileIsGivenUpAtOnce) {
  file_is_missing = true;
  engine->start();
  until([&] { return engine->state().state == w::ModelState::failed; });
  EXPECT_EQ(spawner.counts.made, 0);
  EXPECT_THAT(last_detail, testing::HasSubstr("no such file"));
  EXPECT_EQ(prepare_says(), "engine_unavailable");
}

TEST_F(ChildEngineTest, AFileThatIsAwayForAWhileIsTriedAgain) {
  engine->start();
  ready_child(1);
  file_is_missing = true;
  child_dies();
  release_files();
  for (int i = 1; i <= 5; ++i) {
    until([&] { return std::ranges::count(events, "engine not started") == i; });  // the first at once
    EXPECT_EQ(engine->state().state, w::ModelState::loading);
    if (i < 5) pass(seconds(10));
  }
  file_is_missing = false;
  pass(seconds(10));
  ready_child(2);
}

TEST_F(ChildEngineTest, AModelThatDoesNotLoadInTimeIsAFailure) {
  engine->start();
  for (int number = 1; number <= 3; ++number) {
    child(number);
    pass(seconds(60) - nanoseconds(1));
    EXPECT_EQ(spawner.counts.held, 1);
    pass(nanoseconds(1));
    EXPECT_EQ(spawner.counts.held, 0);
    pass(seconds(10));
  }
  EXPECT_EQ(engine->state().state, w::ModelState::failed);
  EXPECT_THAT(last_detail, testing::HasSubstr("60 s"));
}

// Twice a second; what the child answers.
TEST_F(ChildEngineTest, AChildThatSaysNothingIsEndedAndReplaced) {
  engine->start();
  ready_child(1);
  auto job = engine->prepare(reactor, w::Prepare());
  hold_files();
  for (int i = 0; i < 6; ++i) pass(milliseconds(500));
  EXPECT_EQ(spawner.counts.held, 1) << "3 s of patience are not over";
  pass(milliseconds(500));
  EXPECT_EQ(spawner.counts.killed, 1);
  EXPECT_EQ(spawner.counts.held, 0);
  EXPECT_TRUE((*job)->take().lost);
  EXPECT_THAT(last_detail, testing::HasSubstr("hangs"));
  EXPECT_EQ(engine->hangs(), 1U);
  ready_child(2);
  EXPECT_EQ(engine->restarts(), 1U);
}

TEST_F(ChildEngineTest, AChildThatDoesNotEndItsStepIsEnded) {
  engine->start();
  ready_child(1);
  hold_files();
  for (int i = 1; i < 20 && spawner.counts.held > 0; ++i) {
    pass(milliseconds(500));
    w::State state;
    state.state = w::ModelState::ready;
    state.step_us = static_cast<std::uint64_t>(i) * 500'000;
    spawner.control->send(0, state);
    settle(reactor);
  }
  EXPECT_EQ(spawner.counts.held, 0);
  EXPECT_THAT(last_detail, testing::HasSubstr("a step has taken"));
}

TEST_F(ChildEngineTest, OneThatIsReadyIsNotHurried) {
  engine->start();
  ready_child(1);
  for (int i = 0; i < 1200; ++i) {
    pass(milliseconds(500));
    tell(w::ModelState::ready);
  }
  EXPECT_EQ(engine->state().state, w::ModelState::ready);
  EXPECT_EQ(spawner.counts.held, 1);
}

TEST_F(ChildEngineTest, AChildThatCannotBeMadeIsAFailedLoad) {
  spawner.refuses = true;
  engine->start();
  until([&] { return !events.empty(); });
  EXPECT_EQ(events.back(), "engine not started");
  spawner.refuses = false;
  pass(milliseconds(100));
  ready_child(1);
}

TEST_F(ChildEngineTest, AChildThatTakesNoModelIsEndedAtOnce) {
  spawner.stillborn = true;
  engine->start();
  until([&] { return !events.empty() && events.back() == "engine not started"; });
  EXPECT_EQ(spawner.counts.made, 1);
  EXPECT_EQ(spawner.counts.held, 0);
  EXPECT_EQ(engine->child_pid(), 0);
  spawner.stillborn = false;
  pass(milliseconds(100));
  ready_child(2);
  settle(reactor);
  EXPECT_EQ(prepare_says(), "prepared") << "what was left of the first ended the second";
  EXPECT_EQ(engine->restarts(), 1U);
}

TEST_F(ChildEngineTest, ALinkThatBreaksEndsTheChildAndSaysWhy) {
  engine->start();
  ready_child(1);
  EXPECT_TRUE(spawner.link->send(99, w::Waiting{}));
  settle(reactor);
  EXPECT_EQ(spawner.counts.killed, 1);
  child_dies();
  EXPECT_THAT(last_detail, testing::HasSubstr("engine_protocol_broken"));
}

TEST_F(ChildEngineTest, AFrameThatIsNotForTheControlSocketEndsTheChild) {
  engine->start();
  ready_child(1);
  hold_files();
  EXPECT_TRUE(spawner.control->send(7, w::Done{}));
  settle(reactor);
  EXPECT_EQ(spawner.counts.held, 0);
  EXPECT_EQ(engine->state().state, w::ModelState::loading);
}

TEST_F(ChildEngineTest, AsksForStatsTwiceASecond) {
  engine->start();
  ready_child(1);
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(spawner.control->poll());
    pass(milliseconds(500));
    spawner.control->expect<w::Stats>();
  }
}

// ---- Stopping ----

Task<void> wait_ready(ChildEngine& engine, Reactor& reactor, std::string& said) {
  Status ready = co_await engine.until_ready(reactor, reactor.clock().now() + seconds(100));
  said = ready ? "ready" : std::string(ready.error().reason());
}

TEST_F(ChildEngineTest, StopEndsTheChildAndLosesItsJobs) {
  engine->start();
  ready_child(1);
  auto job = engine->prepare(reactor, w::Prepare());
  stop();
  settle(reactor);
  EXPECT_TRUE((*job)->take().lost);
  EXPECT_EQ(prepare_says(), "engine_unavailable");
  EXPECT_EQ(spawner.counts.made, 1);
}

TEST_F(ChildEngineTest, StopWaitsForNoPauseAndLetsWaitersGo) {
  engine->start();
  ready_child(1);
  child_dies();
  std::string said;
  reactor.spawn(wait_ready(*engine, reactor, said));
  settle(reactor);
  EXPECT_EQ(said, "");
  stop();  // and no time passes
  settle(reactor);
  EXPECT_EQ(said, "engine_unavailable");
}

TEST_F(ChildEngineTest, StopWhileTheModelIsOpened) {
  engine->start();
  stop();
  EXPECT_EQ(spawner.counts.made, 0);
}

TEST_F(ChildEngineTest, StopOfWhatNeverStarted) { stop(); }

TEST_F(ChildEngineTest, DestroyedUnstoppedItEndsItsChild) {
  engine->start();
  ready_child(1);
  auto job = engine->prepare(reactor, w::Prepare());
  EXPECT_TRUE(spawner.link->send(99, w::Waiting{}));  // a complaint that comes too late
  engine.reset();
  EXPECT_EQ(spawner.counts.held, 0);
  EXPECT_TRUE((*job)->take().lost);
  while (spawner.control->poll()) {
  }
  EXPECT_TRUE(spawner.control->at_end()) << "a host on a thread would wait for this for ever";
}

}  // namespace
}  // namespace gatehouse::adapters
