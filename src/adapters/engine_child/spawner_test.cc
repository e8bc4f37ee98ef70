#include "gatehouse/adapters/engine_child/spawner.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "gatehouse/base/fake_clock.h"
#include "gatehouse/engine/scripted_model.h"
#include "test_peer.h"

namespace gatehouse::adapters {
namespace {

namespace w = wire::engine;
using testing::ElementsAre;
using testing::HasSubstr;

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

std::string status_line(pid_t pid, const std::string& name) {
  std::istringstream lines(read_file("/proc/" + std::to_string(pid) + "/status"));
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(name + ":")) return line.substr(line.find_last_of("\t ") + 1);
  }
  return "no such line";
}

// A child that says that it is there, then does nothing until it is told a line or its control socket ends.
const std::vector<std::string> idle_shell = {"-c", "exec <&3 >&3; echo here; read line; exit 7"};

struct Spawned {
  explicit Spawned(const std::vector<std::string>& arguments = idle_shell) {
    auto control = test_socket_pair(), one = test_socket_pair(), two = test_socket_pair();
    std::vector<Fd> links;
    links.push_back(std::move(one.second));
    links.push_back(std::move(two.second));
    ProcessSpawner spawner("/bin/sh", arguments);
    auto spawned = spawner.spawn(std::move(control.second), std::move(links));
    EXPECT_TRUE(spawned.ok());
    process = std::move(*spawned);
    front = std::move(control.first);
    char said[5] = {};
    EXPECT_EQ(recv(front.get(), said, 5, MSG_WAITALL), 5);
  }
  pid_t pid() const { return process->pid(); }
  std::unique_ptr<EngineProcess> process;
  Fd front;
};

TEST(ProcessSpawner, TheChildsEnvironmentHoldsNothingButItsUseOfHugePages) {
  const Spawned child;
  EXPECT_EQ(read_file("/proc/" + std::to_string(child.pid()) + "/environ"), std::string("GLIBC_TUNABLES=glibc.malloc.hugetlb=1") + '\0');
}

TEST(ProcessSpawner, TheChildIsToldHowManyLinksItHas) {
  const Spawned child;
  const std::string line = read_file("/proc/" + std::to_string(child.pid()) + "/cmdline");
  EXPECT_THAT(line, HasSubstr(std::string("\0--links\0", 9) + '2'));
}

TEST(ProcessSpawner, TheChildHasItsSocketsAndNoOtherDescriptor) {
  // As if whoever started us had left some open, in the way of the numbers too.
  std::vector<Fd> left;
  left.emplace_back(open("/dev/null", O_RDONLY));
  left.emplace_back(fcntl(left.front().get(), F_DUPFD, 200));
  const Spawned child;
  std::set<int> open;
  std::set<std::string> sockets;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(child.pid()) + "/fd")) {
    const int fd = std::stoi(entry.path().filename().string());
    open.insert(fd);
    const std::string what = std::filesystem::read_symlink(entry.path()).string();
    if (fd >= ProcessSpawner::first_descriptor && what.starts_with("socket:")) sockets.insert(what);
  }
  EXPECT_THAT(open, ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_EQ(sockets.size(), 3U) << "each number its own socket";
}

TEST(ProcessSpawner, WhatTheChildSaysComesOutOfOnePipe) {
  Spawned child({"-c", "exec 9<&3; echo out; echo err >&2; read line && echo read; printf 'here\\n' >&9"});
  std::string said;
  char byte;
  const Fd output = child.process->take_output();
  ASSERT_TRUE(output);
  while (read(output.get(), &byte, 1) == 1) said += byte;
  EXPECT_EQ(said, "out\nerr\n") << "and nothing comes in";
  EXPECT_FALSE(child.process->take_output());
}

TEST(ProcessSpawner, TheChildsSignalsAreAsNew) {
  sigset_t some, before;
  sigemptyset(&some);
  sigaddset(&some, SIGUSR1);
  sigaddset(&some, SIGTERM);
  ASSERT_EQ(pthread_sigmask(SIG_BLOCK, &some, &before), 0);
  const auto old = signal(SIGPIPE, SIG_IGN);
  {
    const Spawned child;
    EXPECT_EQ(status_line(child.pid(), "SigBlk"), "0000000000000000");
    // 32 and 33 are the C library's own: posix_spawn leaves them ignored until they are needed.
    const std::uint64_t ignored = std::stoull(status_line(child.pid(), "SigIgn"), nullptr, 16);
    EXPECT_EQ(ignored & ~(std::uint64_t{3} << 31), 0U);
    EXPECT_EQ(getpgid(child.pid()), child.pid()) << "a Ctrl-C at the terminal is not for it";
  }
  signal(SIGPIPE, old);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void expect_reaped(pid_t pid) {
  EXPECT_EQ(kill(pid, 0), -1);
  EXPECT_EQ(errno, ESRCH);
  EXPECT_EQ(waitpid(pid, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

TEST(ProcessSpawner, EndsAndReapsWhatStillRuns) {
  Spawned child;
  const pid_t pid = child.pid();
  child.process.reset();
  expect_reaped(pid);
}

TEST(ProcessSpawner, ReapsWhatHasEnded) {
  Spawned child;
  const pid_t pid = child.pid();
  child.front.reset();
  siginfo_t how{};
  ASSERT_EQ(waitid(P_PID, static_cast<id_t>(pid), &how, WEXITED | WNOWAIT), 0);
  EXPECT_EQ(how.si_status, 7) << "the end of its control socket is what ends it";
  child.process->kill();
  child.process.reset();
  expect_reaped(pid);
}

TEST(ProcessSpawner, KillEndsItAndItsSocketsSaySo) {
  Spawned child;
  child.process->kill();
  char byte;
  EXPECT_LE(recv(child.front.get(), &byte, 1, 0), 0);
}

TEST(ProcessSpawner, AProgramThatIsNotThereIsAnError) {
  auto control = test_socket_pair();
  ProcessSpawner spawner("/nowhere/gatehouse", {});
  const auto spawned = spawner.spawn(std::move(control.second), {});
  ASSERT_FALSE(spawned.ok());
  EXPECT_EQ(spawned.error().reason(), "engine_spawn_failed");
  char byte;
  EXPECT_EQ(recv(control.first.get(), &byte, 1, 0), 0) << "nobody holds the other end";
}

TEST(ProcessSpawner, WithoutDescriptorsLeftItStartsNoHalfAChild) {
  auto control = test_socket_pair();
  ProcessSpawner spawner("/bin/sh", {"-c", "exit 0"});
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  const rlimit few{static_cast<rlim_t>(control.second.get()) + 1, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
  const auto spawned = spawner.spawn(std::move(control.second), {});
  setrlimit(RLIMIT_NOFILE, &before);
  ASSERT_FALSE(spawned.ok());
  EXPECT_EQ(spawned.error().reason(), "engine_spawn_failed");
}

TEST(ThreadSpawner, IsAHostThatEndsWithItsControlSocket) {
  const SystemClock clock;
  ThreadSpawner spawner([](Fd, const w::Load&) { return Result<engine::LoadedModel>(engine::scripted_model({})); }, clock);
  auto control = test_socket_pair();
  auto spawned = spawner.spawn(std::move(control.second), {});
  ASSERT_TRUE(spawned.ok());
  EXPECT_EQ((*spawned)->pid(), 0);
  TestPeer front(std::move(control.first), w::Sender::engine);
  EXPECT_EQ(front.expect<w::HelloBack>().engine, "thread");
  front.hang_up();
  spawned->reset();  // returns: the thread has ended
}

}  // namespace
}  // namespace gatehouse::adapters
