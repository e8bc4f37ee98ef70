// What only a process can do: hang or die while it loads, and live in a sandbox.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>

#include "engine_world.h"
#include "gatehouse/adapters/engine_child/sandbox.h"

namespace gatehouse::testing {
namespace {

namespace w = wire::engine;

std::string status_of(pid_t pid, const std::string& name) {
  std::ifstream lines("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(name + ":\t")) return line.substr(name.size() + 2);
  }
  return "no such line";
}

TEST(EngineChildProcess, OneThatHangsWhileItLoadsIsGivenUp) {
  WorldOptions options;
  options.model = "hangs";
  options.load_patience = milliseconds(200);
  EngineWorld world(Way::process, options);
  EXPECT_EQ(world.until_ready(0, milliseconds(1)), "model_loading") << "who waits waits no longer than he said";
  EXPECT_EQ(world.until_ready(0, seconds(60)), "engine_unavailable");
  EXPECT_EQ(world.opened(), 3);
}

TEST(EngineChildProcess, OneThatDiesWhileItLoadsThreeTimesIsGivenUp) {
  WorldOptions options;
  options.model = "crashes";
  EngineWorld world(Way::process, options);
  EXPECT_EQ(world.until_ready(0, seconds(60)), "engine_unavailable");
  EXPECT_EQ(world.engine().state().state, w::ModelState::failed);
  EXPECT_EQ(world.opened(), 3);
}

TEST(EngineChildProcess, OneThatHangsAtWorkIsReplaced) {
  WorldOptions options;
  options.hang_patience = seconds(1);
  EngineWorld world(Way::process, options);
  ASSERT_EQ(world.until_ready(0), "ready");
  const pid_t pid = world.engine().child_pid();
  world.freeze();
  const Answer answer = world.ask(0, Talk("say:nothing"));
  EXPECT_TRUE(answer.lost);
  EXPECT_EQ(world.until_ready(0), "ready");
  EXPECT_NE(world.engine().child_pid(), pid);
  EXPECT_EQ(world.engine().hangs(), 1U);
  EXPECT_EQ(world.ask(0, Talk("say:back")).text, "back");
}

TEST(EngineChildProcess, StopEndsOneThatHangs) {
  WorldOptions options;
  options.model = "hangs";
  EngineWorld world(Way::process, options);
  ASSERT_TRUE(world.comes([&world](const w::State&) { return world.engine().child_pid() != 0; }));
  const pid_t pid = world.engine().child_pid();
  world.stop();
  EXPECT_EQ(::kill(pid, 0), -1);
}

TEST(EngineChildProcess, ServesFromWithinTheSandbox) {
  EngineWorld world(Way::process, WorldOptions());
  ASSERT_EQ(world.until_ready(0), "ready");
  const pid_t pid = world.engine().child_pid();
  EXPECT_EQ(status_of(pid, "NoNewPrivs"), "1");
  EXPECT_EQ(status_of(pid, "Seccomp"), adapters::sanitizer_build() ? "0" : "2");
  for (const auto& task : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task")) {
    EXPECT_EQ(status_of(std::stoi(task.path().filename().string()), "NoNewPrivs"), "1") << "every thread of it";
  }
  EXPECT_EQ(world.ask(0, Talk("say:in here")).text, "in here");
  EXPECT_TRUE(world.comes([](const w::State& s) { return s.open_fds >= 6; })) << "it counts its own descriptors";
  EXPECT_TRUE(world.comes([](const w::State& s) { return s.rss_bytes > 1024 * 1024; })) << "the front looks for it";
}

}  // namespace
}  // namespace gatehouse::testing
