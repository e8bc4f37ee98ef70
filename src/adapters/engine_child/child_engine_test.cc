// Supervision, with a clock that stands still and children that the test plays.
#include "gatehouse/adapters/engine_child/child_engine.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "gatehouse/base/fake_clock.h"
#include "test_peer.h"

namespace gatehouse::adapters {
namespace {

namespace w = wire::engine;
using testing::ElementsAre;

// How many puppets have been made, how many are held by somebody, how many were killed.
struct Counts {
  int made = 0, held = 0, killed = 0;
};

class Puppet final : public EngineProcess {
 public:
  explicit Puppet(Counts& counts) : counts_(counts) { ++counts_.held; }
  ~Puppet() override { --counts_.held; }
  void kill() override { ++counts_.killed; }
  pid_t pid() const override { return 1000 + counts_.made; }

 private:
  Counts& counts_;
};

class PuppetSpawner final : public EngineSpawner {
 public:
  Result<std::unique_ptr<EngineProcess>> spawn(Fd control_fd, std::vector<Fd> links) override {
    EXPECT_EQ(counts.held, 0) << "the last child was not ended";
    if (refuses) return operator_error("engine_spawn_failed", "no more processes");
    ++counts.made;
    control = std::make_unique<TestPeer>(std::move(control_fd), w::Sender::front);
    link = std::make_unique<TestPeer>(std::move(links.at(0)), w::Sender::front);
    if (stillborn) control->hang_up();
    return std::unique_ptr<EngineProcess>(std::make_unique<Puppet>(counts));
  }
  Counts counts;
  bool refuses = false, stillborn = false;
  std::unique_ptr<TestPeer> control, link;
};

class ChildEngineTest : public testing::Test {
 protected:
  ChildEngineTest() {
    ChildEngineOptions options;
    options.load.model = "puppet";
    options.load_patience = seconds(60);
    options.open_model = [this]() -> Result<Fd> {
      may_open.wait(false);
      ++opened;
      if (file_is_missing) return operator_error("model_file_missing", "no such file");
      return Fd(open("/dev/null", O_RDONLY | O_CLOEXEC));
    };
    options.on_state = [this](const w::State& state, const std::string& event) {
      events.push_back(event);
      last_detail = state.detail;
    };
    engine = std::make_unique<ChildEngine>(reactor, std::vector<Reactor*>{&reactor}, files, spawner, std::move(options));
  }
  ~ChildEngineTest() override {
    if (engine) stop();
  }

  // Turns the reactor until it is so. Files are opened on a thread: what comes of it is waited for.
  template <class Condition>
  void until(Condition condition) {
    const auto give_up = std::chrono::steady_clock::now() + seconds(30);
    while (!condition() && std::chrono::steady_clock::now() < give_up) reactor.context().run_one_for(milliseconds(100));
    EXPECT_TRUE(condition());
    settle(reactor);
  }
  void pass(nanoseconds time) {
    clock.advance(time);
    reactor.tick();
    settle(reactor);
  }
  void stop() {
    release_files();
    bool stopped = false;
    reactor.spawn(stop_engine(*engine, stopped));
    until([&] { return stopped; });
    EXPECT_EQ(spawner.counts.held, 0);
  }
  static Task<void> stop_engine(ChildEngine& engine, bool& stopped) {
    co_await engine.stop();
    stopped = true;
  }
  // Until a child is expected no other is started: what is seen before is what the last one left.
  void hold_files() { may_open = false; }
  void release_files() {
    may_open = true;
    may_open.notify_all();
  }
  void child(int number) {
    release_files();
    until([&] { return spawner.counts.made == number; });
    EXPECT_EQ(spawner.control->expect<w::Load>().model, "puppet");
  }
  void tell(w::ModelState told, const std::string& detail = "") {
    w::State state;
    state.state = told;
    state.detail = detail;
    EXPECT_TRUE(spawner.control->send(0, state));
    settle(reactor);
  }
  void ready_child(int number) {
    child(number);
    tell(w::ModelState::ready);
    EXPECT_EQ(engine->state().state, w::ModelState::ready);
  }
  void child_dies() {
    hold_files();
    spawner.control->hang_up();
    settle(reactor);
    EXPECT_EQ(spawner.counts.held, 0) << "it was not waited for";
  }
  std::string prepare_says() {
    auto job = engine->prepare(reactor, w::Prepare());
    return job ? "prepared" : std::string(job.error().reason());
  }
  // How long the pause is before the next child: nothing a nanosecond earlier.
  void expect_pause(nanoseconds pause) {
    release_files();
    const int before = opened;
    pass(pause - nanoseconds(1));
    EXPECT_EQ(opened, before);
    pass(nanoseconds(1));
    until([&] { return opened == before + 1; });
  }

  FakeClock clock;
  Reactor reactor{0, clock};
  WorkerPool files{"files", 1, 4};
  PuppetSpawner spawner;
  std::atomic<int> opened{0};
  std::atomic<bool> may_open{true};
  std::atomic<bool> file_is_missing{false};
  std::vector<std::string> events;
  std::string last_detail;
  std::unique_ptr<ChildEngine> engine;
};

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
  auto job = engine->prepare(reactor, w::Prepare());
  child_dies();
  EXPECT_TRUE((*job)->take().lost);
  EXPECT_EQ(prepare_says(), "model_loading");
  EXPECT_EQ(engine->child_pid(), 0);
  ready_child(2);  // at once
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

TEST_F(ChildEngineTest, OneThatIsReadyIsNotHurried) {
  engine->start();
  ready_child(1);
  pass(seconds(600));
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
