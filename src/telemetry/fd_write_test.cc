#include "fd_write.h"

#include <gtest/gtest.h>

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

TEST(FdWriter, GivesUpOnAReaderThatReadsNothingThoughTheDescriptorBlocks) {
  PipeEnds pipe;
  FdWriter writer(pipe.write.get());
  const std::string line(1 << 20, 'x');
  const std::size_t written = writer.write(line);  // returns at all: the pipe is in blocking mode
  EXPECT_LT(written, line.size());
  EXPECT_EQ(writer.write("again\n"), 0U);
}

TEST(FdWriter, EndsALineThatWasCutOffBeforeTheNext) {
  PipeEnds pipe;
  FdWriter writer(pipe.write.get());
  const std::size_t cut = writer.write(std::string(1 << 20, 'x') + "\n");
  std::string got(cut, '\0');
  ASSERT_EQ(::read(pipe.read.get(), got.data(), cut), static_cast<ssize_t>(cut));
  EXPECT_EQ(writer.write("whole\n"), 6U);
  pipe.write.reset();
  EXPECT_EQ(pipe.rest(), "\nwhole\n");
}

TEST(FdWriter, SaysThatADescriptorFails) { EXPECT_EQ(FdWriter(-1).write("nobody\n"), 0U); }

}  // namespace
}  // namespace gatehouse::telemetry
