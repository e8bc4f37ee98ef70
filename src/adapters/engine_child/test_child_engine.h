// A supervised engine with a clock that stands still, and children that the test plays.
#pragma once
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "gatehouse/adapters/engine_child/child_engine.h"
#include "gatehouse/base/fake_clock.h"
#include "test_peer.h"

namespace gatehouse::adapters {

// How many puppets have been made, how many are held by somebody, how many were killed.
struct PuppetCounts {
  int made = 0, held = 0, killed = 0;
};

class Puppet final : public EngineProcess {
 public:
  explicit Puppet(PuppetCounts& counts) : counts_(counts) { ++counts_.held; }
  ~Puppet() override { --counts_.held; }
  void kill() override { ++counts_.killed; }
  pid_t pid() const override { return 1000 + counts_.made; }

 private:
  PuppetCounts& counts_;
};

class PuppetSpawner final : public EngineSpawner {
 public:
  Result<std::unique_ptr<EngineProcess>> spawn(Fd control_fd, std::vector<Fd> links) override {
    EXPECT_LT(counts.held, most_at_once) << "the last child was not ended";
    if (refuses) return operator_error("engine_spawn_failed", "no more processes");
    ++counts.made;
    last_control = std::move(control), last_link = std::move(link);
    control = std::make_unique<TestPeer>(std::move(control_fd), wire::engine::Sender::front);
    link = std::make_unique<TestPeer>(std::move(links.at(0)), wire::engine::Sender::front);
    if (stillborn) control->hang_up();
    return std::unique_ptr<EngineProcess>(std::make_unique<Puppet>(counts));
  }
  PuppetCounts counts;
  bool refuses = false, stillborn = false;
  int most_at_once = 1;
  std::unique_ptr<TestPeer> control, link, last_control, last_link;
};

class ChildEngineTest : public testing::Test {
 protected:
  ChildEngineTest() { make(ChildEngineOptions()); }
  void make(ChildEngineOptions options) {
    options.load.model = "puppet";
    options.load_patience = seconds(60);
    options.hang_patience = seconds(3);
    options.open_model = [this]() -> Result<Fd> {
      may_open.wait(false);
      ++opened;
      if (breaks_on_open) throw std::bad_alloc();
      if (file_is_missing) return operator_error("model_file_missing", "no such file");
      if (file_has_changed) return operator_error("model_file_changed", "another file");
      if (memory_is_short) return operator_error("model_too_large", "it needs more memory than there is");
      return Fd(open("/dev/null", O_RDONLY | O_CLOEXEC));
    };
    options.room_unused = [this] { ++room_unused; };
    options.on_state = [this](const wire::engine::State& state, const std::string& event) {
      events.push_back(event);
      last_detail = state.detail;
    };
    engine = std::make_unique<ChildEngine>(reactor, std::vector<Reactor*>{&reactor}, files, spawner, std::move(options));
  }
  ~ChildEngineTest() override {
    if (engine) stop();
  }
  void remake(ChildEngineOptions options) {
    engine.reset();
    make(std::move(options));
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
    const auto load = spawner.control->expect<wire::engine::Load>();
    EXPECT_EQ(load.model, "puppet");
    rehearses = load.rehearse;
  }
  void tell(wire::engine::ModelState told, const std::string& detail = "", std::uint32_t jobs = 0) {
    wire::engine::State state;
    state.memory_left = memory_left;
    state.jobs = jobs;
    state.state = told;
    state.detail = detail;
    EXPECT_TRUE(spawner.control->send(0, state));
    settle(reactor);
  }
  void ready_child(int number) {
    child(number);
    tell(wire::engine::ModelState::ready);
    EXPECT_EQ(engine->state().state, wire::engine::ModelState::ready);
  }
  void child_dies() {
    hold_files();
    spawner.control->hang_up();
    settle(reactor);
    EXPECT_EQ(spawner.counts.held, 0) << "it was not waited for";
  }
  std::string prepare_says() {
    auto job = engine->prepare(reactor, wire::engine::Prepare());
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
  std::atomic<bool> file_is_missing{false}, file_has_changed{false}, memory_is_short{false}, breaks_on_open{false};
  int room_unused = 0;
  std::uint64_t memory_left = 0;  // of each child, as it says it
  bool rehearses = false;         // the child that was made last
  std::vector<std::string> events;
  std::string last_detail;
  std::unique_ptr<ChildEngine> engine;
};

}  // namespace gatehouse::adapters
