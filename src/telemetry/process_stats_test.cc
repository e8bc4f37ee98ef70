#include "gatehouse/telemetry/process_stats.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <limits>
#include <vector>

#include "gatehouse/base/fd.h"

namespace gatehouse::telemetry {
namespace {

TEST(ProcessStats, CountsDescriptorsOfThisProcess) {
  const Result<ProcessStats> before = process_stats();
  ASSERT_TRUE(before);
  std::vector<Fd> opened;
  for (int i = 0; i < 5; ++i) opened.emplace_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  EXPECT_EQ(process_stats()->open_fds, before->open_fds + 5);
  opened.clear();
  EXPECT_EQ(process_stats()->open_fds, before->open_fds) << "its own look is not counted and leaves nothing open";
  EXPECT_EQ(process_stats(::getpid())->open_fds, before->open_fds);
}

TEST(ProcessStats, SeesMemoryThatIsTouched) {
  constexpr std::size_t much = 64UL * 1024 * 1024;
  const std::uint64_t before = process_stats()->resident_bytes;
  std::vector<char> memory(much);
  for (std::size_t i = 0; i < much; i += 4096) static_cast<volatile char&>(memory[i]) = 1;
  EXPECT_GE(process_stats()->resident_bytes, before + much / 2);
}

TEST(ProcessStats, LooksAtAnotherProcess) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    char byte;
    ::close(ends[1]);
    ::_exit(::read(ends[0], &byte, 1) == 0 ? 0 : 1);
  }
  ::close(ends[0]);
  const Result<ProcessStats> stats = process_stats(child);
  ASSERT_TRUE(stats);
  EXPECT_GT(stats->resident_bytes, 0U);
  EXPECT_GT(stats->open_fds, 0U);
  ::close(ends[1]);
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST(ProcessStats, SaysThatAProcessCannotBeRead) {
  const Result<ProcessStats> none = process_stats(std::numeric_limits<pid_t>::max());
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().reason(), "process_unreadable");
}

}  // namespace
}  // namespace gatehouse::telemetry
