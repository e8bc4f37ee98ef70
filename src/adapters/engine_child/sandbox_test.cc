#include "gatehouse/adapters/engine_child/sandbox.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <functional>

#include "test_peer.h"

namespace gatehouse::adapters {
namespace {

using testing::HasSubstr;
using testing::Not;

// What a child says that has run the function, and what waitpid() says of its end.
struct Said {
  std::string text;
  int status = 0;
};

Said in_child(const std::function<std::string()>& run) {
  auto [here, there] = test_socket_pair();
  const pid_t child = fork();
  if (child == 0) {
    here.reset();
    clearenv();
    const std::string text = run();
    send(there.get(), text.data(), text.size(), MSG_NOSIGNAL);
    _exit(0);
  }
  there.reset();
  Said said;
  char bytes[4096];
  for (ssize_t n; (n = recv(here.get(), bytes, sizeof bytes, 0)) > 0;) said.text.append(bytes, static_cast<std::size_t>(n));
  waitpid(child, &said.status, 0);
  return said;
}

SandboxOptions as_built() {
  SandboxOptions options;
  options.seccomp = options.address_limit = !sanitizer_build();
  return options;
}
SandboxOptions without_seccomp() {
  SandboxOptions options;
  options.seccomp = options.address_limit = false;
  return options;
}

bool kernel_has_landlock() { return syscall(SYS_landlock_create_ruleset, nullptr, 0, 1U) > 0; }

std::string probe_inside(const SandboxOptions& options) {
  const Status entered = enter_sandbox(options);
  return entered ? probe_sandbox() : entered.error().describe();
}

TEST(Sandbox, EveryWayOutIsRefused) {
  const std::string probed = in_child([] { return probe_inside(as_built()); }).text;
  if (sanitizer_build()) {  // seccomp would break the sanitizers' own calls
    EXPECT_THAT(probed, HasSubstr(R"("new_privileges":"refused")"));
    EXPECT_THAT(probed, HasSubstr(R"("environment":"refused")"));
    return;
  }
  for (const char* way : {"openat", "socket", "connect", "execve", "fork", "ptrace", "kill", "tgkill", "executable_memory", "environment",
                          "new_privileges"}) {
    EXPECT_THAT(probed, HasSubstr("\"" + std::string(way) + "\":\"refused\""));
  }
  EXPECT_THAT(probed, Not(HasSubstr("ALLOWED")));
}

// A front that is not root has the engine's user: then no difference of users stands between them.
TEST(Sandbox, ItsUsersOtherProcessesGetNoSignal) {
  if (sanitizer_build()) return;  // as above
  const std::string probed = in_child([] {
                               constexpr uid_t nobody = 65534;
                               if (geteuid() == 0 && setresuid(nobody, nobody, nobody) != 0) return std::string("still root");
                               return in_child([] { return probe_inside(as_built()); }).text;
                             }).text;
  EXPECT_THAT(probed, HasSubstr(R"("kill":"refused")"));
  EXPECT_THAT(probed, HasSubstr(R"("tgkill":"refused")"));
}

// seccomp is one wall of several: what holds without it holds in every build.
TEST(Sandbox, WithoutSeccompFilesAndProgramsAreStillShut) {
  const std::string probed = in_child([] { return probe_inside(without_seccomp()); }).text;
  EXPECT_THAT(probed, HasSubstr(R"("new_privileges":"refused")"));
  EXPECT_THAT(probed, HasSubstr(R"("environment":"refused")"));
  EXPECT_THAT(probed, HasSubstr(R"("fork":"ALLOWED")")) << "the probe tells the difference";
  if (!kernel_has_landlock()) return;
  EXPECT_THAT(probed, HasSubstr(R"("openat":"refused")"));
  EXPECT_THAT(probed, HasSubstr(R"("execve":"refused")"));
}

std::string limits_inside() {
  const Status entered = enter_sandbox(without_seccomp());
  if (!entered) return entered.error().describe();
  std::string text = "uid " + std::to_string(geteuid()) + " gid " + std::to_string(getegid());
  rlimit limit{};
  getrlimit(RLIMIT_CORE, &limit);
  text += " core " + std::to_string(limit.rlim_max);
  getrlimit(RLIMIT_NOFILE, &limit);
  text += " files " + std::to_string(limit.rlim_max);
  getrlimit(RLIMIT_FSIZE, &limit);
  text += " size " + std::to_string(limit.rlim_max);
  text += " dumpable " + std::to_string(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0));
  return text + (setresuid(0, 0, 0) == 0 ? " root again" : " never root");
}

TEST(Sandbox, RootAndLimitsAreGivenUpForGood) {
  const std::string text = in_child(limits_inside).text;
  EXPECT_THAT(text, HasSubstr(" core 0 files 256 size 0 dumpable 0 never root"));
  if (geteuid() == 0) {
    EXPECT_THAT(text, HasSubstr("uid 65534 gid 65534"));
  }
}

TEST(Sandbox, TheAddressSpaceIsLimitedToTheMachinesMemory) {
  const Said said = in_child([] {
    SandboxOptions options = without_seccomp();
    options.address_limit = !sanitizer_build();
    if (!enter_sandbox(options)) return std::string("failed");
    rlimit limit{};
    getrlimit(RLIMIT_AS, &limit);
    return std::string(limit.rlim_max == RLIM_INFINITY ? "no limit" : "limit");
  });
  EXPECT_EQ(said.text, sanitizer_build() ? "no limit" : "limit");
}

// Standard error may be a file: last words that find no place must not end the engine by a signal.
TEST(Sandbox, WritingToAFileIsAnErrorAndNoDeath) {
  char name[] = "/tmp/gatehouse-sandbox-XXXXXX";
  const Fd file(mkstemp(name));
  unlink(name);
  const Said said = in_child([&file] {
    if (!enter_sandbox(as_built())) return std::string("failed");
    const ssize_t n = write(file.get(), "words", 5);
    return n < 0 && errno == EFBIG ? std::string("refused") : std::string("written");
  });
  EXPECT_EQ(said.status, 0);
  EXPECT_EQ(said.text, "refused");
}

TEST(Sandbox, TheEngineDiesWithTheThreadThatMadeIt) {
  auto [here, there] = test_socket_pair();
  const pid_t parent = fork();
  if (parent == 0) {
    here.reset();
    if (fork() == 0) {
      const bool entered = enter_sandbox(as_built()).ok();
      send(there.get(), entered ? "in" : "no", 2, MSG_NOSIGNAL);
      char byte;
      recv(there.get(), &byte, 1, 0);  // it holds its end of the socket until it dies; its parent waits for word to die
      _exit(0);
    }
    there.reset();
    pause();
    _exit(0);
  }
  there.reset();
  char said[3] = {};
  ASSERT_EQ(recv(here.get(), said, 2, MSG_WAITALL), 2);
  EXPECT_STREQ(said, "in");
  kill(parent, SIGKILL);
  waitpid(parent, nullptr, 0);
  char byte;
  EXPECT_EQ(recv(here.get(), &byte, 1, 0), 0) << "nobody is left on the other end";
}

}  // namespace
}  // namespace gatehouse::adapters
