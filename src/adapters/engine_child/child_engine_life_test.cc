// A child that is worn gives way to a new one; a model is put away and brought back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "test_child_engine.h"

namespace gatehouse::adapters {
namespace {

namespace w = wire::engine;
using engine::Life;
using testing::HasSubstr;

ChildEngineOptions recycled_after(std::uint64_t calls, std::uint64_t spare_memory) {
  ChildEngineOptions options;
  options.recycle.calls = calls;
  options.spare_memory = [spare_memory] { return spare_memory; };
  return options;
}

class ChildEngineLifeTest : public ChildEngineTest {
 protected:
  // Two requests are what the children of these tests live for.
  void ready_to_be_recycled(std::uint64_t spare_memory, int at_once) {
    remake(recycled_after(2, spare_memory));
    spawner.most_at_once = at_once;
    engine->start();
    ready_child(1);
    running = prepared();
    other = prepared();
    tell(w::ModelState::ready, "", 2);
  }
  std::unique_ptr<engine::Job> prepared() {
    auto job = engine->prepare(reactor, w::Prepare());
    EXPECT_TRUE(job.ok());
    settle(reactor);
    return job ? std::move(*job) : nullptr;
  }
  // The job's engine, which may be the last one by now, is done with it.
  void done(TestPeer& link, const engine::Job& job) {
    EXPECT_TRUE(link.send(job.id().value(), w::Prepared{}));
    EXPECT_TRUE(link.send(job.id().value(), w::Done{}));
    settle(reactor);
  }
  void asleep() {
    ChildEngineOptions options;
    options.lazy = true;
    remake(std::move(options));
    engine->start();
    settle(reactor);
  }
  static Task<void> wait_ready(ChildEngine& engine, Reactor& reactor, std::string& said) {
    Status ready = co_await engine.until_ready(reactor, reactor.clock().now() + seconds(100));
    said = ready ? "ready" : std::string(ready.error().reason());
  }
  void ask_for_it() {
    EXPECT_TRUE(engine->comes_soon(reactor));
    reactor.spawn(wait_ready(*engine, reactor, said));
    settle(reactor);
  }

  std::unique_ptr<engine::Job> running, other;
  std::string said;
};

TEST_F(ChildEngineLifeTest, ANewChildTakesOverAndTheOldOneFinishesWhatItHas) {
  ready_to_be_recycled(1, 2);
  child(2);
  EXPECT_TRUE(rehearses) << "nobody waits for it";
  EXPECT_EQ(engine->life(), Life::ready);
  auto before = prepared();  // the new one is not ready
  tell(w::ModelState::ready);
  EXPECT_EQ(engine->recycled(), 1U);
  EXPECT_EQ(engine->child_pid(), 1002);
  auto behind = prepared();
  EXPECT_EQ(spawner.counts.held, 2);
  done(*spawner.last_link, *running);
  done(*spawner.last_link, *other);
  EXPECT_EQ(spawner.counts.held, 2) << "one of its jobs is not done";
  done(*spawner.last_link, *before);
  EXPECT_EQ(spawner.counts.held, 1);
  for (const auto* job : {&running, &other, &before}) EXPECT_FALSE((*job)->take().lost);
  done(*spawner.link, *behind);
  EXPECT_TRUE(behind->take().done.has_value());
  EXPECT_EQ(engine->restarts(), 0U);
}

TEST_F(ChildEngineLifeTest, ANewChildIsNotWornByTheCallsOfTheLast) {
  ready_to_be_recycled(1, 2);
  child(2);
  tell(w::ModelState::ready);
  for (auto* job : {&running, &other}) done(*spawner.last_link, **job);
  for (int i = 0; i < 10; ++i) tell(w::ModelState::ready);
  EXPECT_EQ(engine->recycled(), 1U);
  EXPECT_EQ(spawner.counts.made, 2);
}

TEST_F(ChildEngineLifeTest, WithoutMemoryForTwoTheOldOneLeavesFirstAndWhoComesWaits) {
  ready_to_be_recycled(0, 1);
  until([&] { return engine->life() == Life::draining; });
  EXPECT_TRUE(engine->available()) << "nobody is refused";
  ask_for_it();
  done(*spawner.link, *running);
  EXPECT_EQ(spawner.counts.held, 1);
  done(*spawner.link, *other);
  child(2);
  EXPECT_EQ(said, "");
  EXPECT_TRUE(engine->available());
  tell(w::ModelState::ready);
  EXPECT_EQ(said, "ready");
  EXPECT_EQ(engine->recycled(), 1U);
  EXPECT_EQ(engine->restarts(), 0U);
}

TEST_F(ChildEngineLifeTest, MemoryThatIsNotYetTakenIsNoRoomForTwo) {
  constexpr std::uint64_t mib = 1024 * 1024;
  memory_left = 8 * mib;
  ready_to_be_recycled(17 * mib, 1);
  EXPECT_EQ(engine->state().memory_left, 8 * mib);
  until([&] { return engine->life() == Life::draining; });
}

TEST_F(ChildEngineLifeTest, MemoryThatIsNotYetTakenIsCountedForBoth) {
  constexpr std::uint64_t mib = 1024 * 1024;
  memory_left = 8 * mib;
  ready_to_be_recycled(17 * mib + 1, 2);
  child(2);
  EXPECT_EQ(engine->life(), Life::ready);
}

TEST_F(ChildEngineLifeTest, AnEngineThatSaysItTakesAllMemoryIsNotBelievedToTakeNone) {
  memory_left = std::numeric_limits<std::uint64_t>::max();
  ready_to_be_recycled(std::uint64_t{1} << 40U, 1);
  EXPECT_LT(engine->state().memory_left, std::uint64_t{1} << 50U);
  until([&] { return engine->life() == Life::draining; });
}

TEST_F(ChildEngineLifeTest, WhereTheFileHasChangedTheWornOneIsKept) {
  file_has_changed = false;
  remake(recycled_after(1, 1));
  engine->start();
  ready_child(1);
  file_has_changed = true;
  running = prepared();
  tell(w::ModelState::ready);
  until([&] { return !events.empty() && events.back() == "engine kept"; });
  EXPECT_THAT(last_detail, HasSubstr("model_file_changed"));
  EXPECT_EQ(engine->life(), Life::ready);
  EXPECT_EQ(prepare_says(), "prepared");
  const int before = opened;
  tell(w::ModelState::ready);
  settle(reactor);
  EXPECT_EQ(opened, before) << "it is not tried again at once";
}

TEST_F(ChildEngineLifeTest, WhereTheNewOneDiesTheWornOneIsKept) {
  ready_to_be_recycled(1, 2);
  child(2);
  spawner.control->hang_up();
  settle(reactor);
  EXPECT_EQ(events.back(), "engine kept");
  EXPECT_EQ(spawner.counts.held, 1);
  EXPECT_EQ(engine->life(), Life::ready);
  EXPECT_FALSE(running->take().lost);
  spawner.link = std::move(spawner.last_link), spawner.control = std::move(spawner.last_control);
  EXPECT_EQ(prepare_says(), "prepared");
}

TEST_F(ChildEngineLifeTest, AWornOneThatDiesMeanwhileIsReplacedAsEver) {
  ready_to_be_recycled(1, 2);
  child(2);
  spawner.last_control->hang_up();
  settle(reactor);
  EXPECT_TRUE(running->take().lost);
  ready_child(3);
  EXPECT_EQ(engine->restarts(), 1U);
  EXPECT_EQ(engine->recycled(), 0U);
  EXPECT_EQ(spawner.counts.held, 1);
}

TEST_F(ChildEngineLifeTest, AChildThatDoesNotComeToAnEndIsEndedAllTheSame) {
  ready_to_be_recycled(1, 2);
  child(2);
  tell(w::ModelState::ready);
  for (int i = 0; i < 1202; ++i) {
    pass(milliseconds(500));
    tell(w::ModelState::ready);
    if (spawner.counts.held == 1) break;
    EXPECT_TRUE(spawner.last_control->send(0, [] {
      w::State state;
      state.state = w::ModelState::ready;
      return state;
    }()));
    settle(reactor);
  }
  EXPECT_EQ(spawner.counts.held, 1);
  EXPECT_TRUE(running->take().lost);
}

TEST_F(ChildEngineLifeTest, UnloadedItFinishesWhatItHasAndRefusesWhatComes) {
  engine->start();
  ready_child(1);
  running = prepared();
  engine->unload();
  settle(reactor);
  EXPECT_EQ(engine->life(), Life::draining);
  EXPECT_FALSE(engine->available());
  EXPECT_EQ(prepare_says(), "model_unloaded");
  EXPECT_FALSE(engine->comes_soon(reactor));
  done(*spawner.link, *running);
  EXPECT_FALSE(running->take().lost);
  EXPECT_EQ(engine->life(), Life::gone);
  EXPECT_EQ(spawner.counts.held, 0);
  pass(seconds(100));
  EXPECT_EQ(spawner.counts.made, 1);
}

TEST_F(ChildEngineLifeTest, LoadedAgainItAnswers) {
  engine->start();
  ready_child(1);
  engine->unload();
  settle(reactor);
  EXPECT_EQ(engine->life(), Life::gone);
  engine->load();
  EXPECT_EQ(engine->life(), Life::loading) << "whoever looks now sees what was asked for";
  ready_child(2);
  EXPECT_EQ(prepare_says(), "prepared");
  EXPECT_EQ(engine->restarts(), 0U);
}

TEST_F(ChildEngineLifeTest, LoadTriesAgainWhatHasFailed) {
  file_has_changed = true;
  engine->start();
  until([&] { return engine->life() == Life::failed; });
  file_has_changed = false;
  engine->load();
  ready_child(1);
  EXPECT_EQ(prepare_says(), "prepared");
}

// Thousands of them may be in memory.
TEST_F(ChildEngineLifeTest, WithoutAChildNothingIsLookedAfter) {
  asleep();
  EXPECT_EQ(reactor.deadlines().armed, 0U);
  ask_for_it();
  ready_child(1);
  EXPECT_EQ(said, "ready");
  EXPECT_GT(reactor.deadlines().armed, 0U);
  engine->unload();
  settle(reactor);
  EXPECT_EQ(engine->life(), Life::gone);
  pass(seconds(1));
  EXPECT_EQ(reactor.deadlines().armed, 0U);
  engine->load();
  ready_child(2);
  EXPECT_GT(reactor.deadlines().armed, 0U);
  stop();
  EXPECT_EQ(reactor.deadlines().armed, 0U);
  engine.reset();
  EXPECT_EQ(reactor.deadlines().all, 0U);
}

TEST_F(ChildEngineLifeTest, UnloadedWhileItLoadsItIsEndedAtOnce) {
  engine->start();
  child(1);
  engine->unload();
  settle(reactor);
  EXPECT_EQ(spawner.counts.held, 0);
  EXPECT_EQ(engine->life(), Life::gone);
  EXPECT_EQ(prepare_says(), "model_unloaded");
}

TEST_F(ChildEngineLifeTest, RoomThatIsNotNeededAfterAllIsGivenBack) {
  engine->start();
  child(1);
  EXPECT_EQ(room_unused, 0);
  engine->unload();
  settle(reactor);
  EXPECT_EQ(room_unused, 1);
  engine->load();
  ready_child(2);
  engine->unload();
  settle(reactor);
  EXPECT_EQ(room_unused, 1) << "it was ready, and said so";
  hold_files();
  engine->load();
  settle(reactor);
  engine->unload();
  release_files();
  until([&] { return room_unused == 2; });
}

TEST_F(ChildEngineLifeTest, WhatBreaksWhileItIsOpenedIsAFaultOfItAlone) {
  breaks_on_open = true;
  engine->start();
  until([&] { return engine->life() == Life::failed; });
  breaks_on_open = false;
  engine->load();
  ready_child(1);
  EXPECT_EQ(engine->life(), Life::ready);
}

TEST_F(ChildEngineLifeTest, ALazyOneIsLoadedForWhoAsks) {
  asleep();
  EXPECT_EQ(engine->life(), Life::declared);
  EXPECT_TRUE(engine->available());
  pass(seconds(100));
  EXPECT_EQ(opened, 0);
  ask_for_it();
  ready_child(1);
  EXPECT_EQ(said, "ready");
  EXPECT_EQ(prepare_says(), "prepared");
}

TEST_F(ChildEngineLifeTest, WithoutMemoryWhoWaitsIsToldAndTheNextOneIsATryAgain) {
  memory_is_short = true;
  asleep();
  ask_for_it();
  until([&] { return !said.empty(); });
  EXPECT_EQ(said, "engine_unavailable");
  EXPECT_EQ(engine->life(), Life::declared);
  EXPECT_THAT(engine->state().detail, HasSubstr("more memory than there is"));
  EXPECT_FALSE(engine->comes_soon(reactor)) << "not at once";
  memory_is_short = false;
  pass(seconds(5));
  ask_for_it();
  ready_child(1);
  EXPECT_EQ(said, "ready");
}

TEST_F(ChildEngineLifeTest, OneThatNobodyAsksForGoesToSleepAndIsWoken) {
  ChildEngineOptions options;
  options.sleep_after = seconds(60);
  remake(std::move(options));
  engine->start();
  ready_child(1);
  running = prepared();
  for (int i = 0; i < 200; ++i) {
    pass(milliseconds(500));
    tell(w::ModelState::ready, "", 1);
  }
  EXPECT_EQ(engine->life(), Life::ready) << "it works";
  done(*spawner.link, *running);
  for (int i = 0; i < 121 && spawner.counts.held > 0; ++i) {
    pass(milliseconds(500));
    spawner.control->send(0, [] {
      w::State state;
      state.state = w::ModelState::ready;
      return state;
    }());
    settle(reactor);
  }
  EXPECT_EQ(engine->life(), Life::declared);
  EXPECT_EQ(spawner.counts.held, 0);
  ask_for_it();
  ready_child(2);
  EXPECT_EQ(said, "ready");
  EXPECT_EQ(engine->restarts(), 0U);
}

TEST(Recycling, IsDueByEachLimitAlone) {
  RecycleLimits limits;
  EXPECT_EQ(due_for_recycling(limits, ChildWear{std::chrono::hours(1000), 1'000'000, 1ULL << 40}), "");
  limits.calls = 10;
  EXPECT_EQ(due_for_recycling(limits, ChildWear{seconds(1), 9, 0}), "");
  EXPECT_THAT(due_for_recycling(limits, ChildWear{seconds(1), 10, 0}), HasSubstr("10 requests"));
  limits = RecycleLimits{seconds(60), 0, 0};
  EXPECT_EQ(due_for_recycling(limits, ChildWear{seconds(59), 1000, 0}), "");
  EXPECT_THAT(due_for_recycling(limits, ChildWear{seconds(60), 0, 0}), HasSubstr("60 s old"));
  limits = RecycleLimits{nanoseconds(0), 0, 1024 * 1024};
  EXPECT_EQ(due_for_recycling(limits, ChildWear{seconds(59), 0, 2 * 1024 * 1024}), "") << "it may need that much from the start";
  EXPECT_THAT(due_for_recycling(limits, ChildWear{seconds(60), 0, 2 * 1024 * 1024}), HasSubstr("2 MiB"));
}

}  // namespace
}  // namespace gatehouse::adapters
