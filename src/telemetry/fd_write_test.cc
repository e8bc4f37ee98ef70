#include "fd_write.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <csignal>
#include <string>
#include <thread>

#include "test_pipe.h"

namespace gatehouse::telemetry {
namespace {

TEST(FdWriter, WritesMoreThanAPipeHoldsToAReaderThatReads) {
  PipeEnds pipe;
  std::string got;
  std::thread reader([&] { got = pipe.rest(); });
  std::string sent;
  for (int i = 0; i < 40'000; ++i) sent += std::to_string(i) + '\n';
  FdWriter writer(pipe.write.get());
  EXPECT_EQ(writer.write(sent), sent.size());
  pipe.write.reset();
  reader.join();
  EXPECT_EQ(got, sent);
}

// Lines of this size, many of them: more than a pipe holds.
std::string many(std::size_t size, std::size_t count) {
  std::string lines;
  for (std::size_t i = 0; i < count; ++i) lines += std::string(size - 1, 'x') + '\n';
  return lines;
}

TEST(FdWriter, GivesUpOnAReaderThatReadsNothingThoughTheDescriptorBlocks) {
  PipeEnds pipe;
  FdWriter writer(pipe.write.get());
  const std::string lines = many(100, 10'000);
  const std::size_t written = writer.write(lines);  // returns at all: the pipe is in blocking mode
  EXPECT_LT(written, lines.size());
  EXPECT_EQ(lines[written - 1], '\n') << "lines that fit go into a pipe whole";
  EXPECT_EQ(writer.write("again\n"), 0U);
  EXPECT_EQ(writer.error(), 0);
}

TEST(FdWriter, WritesTheRestOfALineThatWasCutOffBeforeTheNext) {
  PipeEnds pipe;
  FdWriter writer(pipe.write.get());
  const std::string line = std::string(1 << 20, 'x') + '\n';
  EXPECT_EQ(writer.write(line + "lost\n"), line.size()) << "its beginning is out, its end is kept";
  std::string got;
  std::thread reader([&] { got = pipe.rest(); });
  while (writer.write("whole\n") == 0) std::this_thread::yield();
  pipe.write.reset();
  reader.join();
  EXPECT_TRUE(got == line + "whole\n") << got.size();
}

// Two writers share standard error: the log and the access log.
TEST(FdWriter, TearsNoLineOfAnotherWriterIntoThePipe) {
  PipeEnds pipe;
  std::string got;
  std::thread reader([&] { got = pipe.rest(); });
  const auto write = [&pipe](char letter) {
    std::string lines;
    for (int i = 0; i < 2000; ++i) lines += std::string(99 + static_cast<std::size_t>(i) % 50, letter) + '\n';
    FdWriter(pipe.write.get()).write(lines);
  };
  std::thread other([&] { write('b'); });
  write('a');
  other.join();
  pipe.write.reset();
  reader.join();
  std::size_t torn = 0, lines = 0;
  for (std::size_t at = 0; at < got.size(); ++lines) {
    const std::size_t end = got.find('\n', at);
    torn += got.substr(at, end - at).find_first_not_of(got[at]) != std::string::npos ? 1 : 0;
    at = end + 1;
  }
  EXPECT_EQ(torn, 0U);
  EXPECT_EQ(lines, 4000U);
}

TEST(FdWriter, SaysThatADescriptorFails) {
  EXPECT_EQ(FdWriter(-1).write("nobody\n"), 0U);
  PipeEnds pipe;
  pipe.read.reset();
  std::signal(SIGPIPE, SIG_IGN);
  FdWriter writer(pipe.write.get());
  EXPECT_EQ(writer.write("nobody\n"), 0U);
  EXPECT_EQ(writer.error(), EPIPE);
}

}  // namespace
}  // namespace gatehouse::telemetry
