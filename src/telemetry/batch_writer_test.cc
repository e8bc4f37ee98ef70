#include "batch_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <future>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "fd_write.h"
#include "test_pipe.h"

namespace gatehouse::telemetry {
namespace {

class PipeSink final : public BatchSink {
 public:
  explicit PipeSink(int fd) : out_(fd) {}
  std::uint64_t take(std::string_view lines, std::uint64_t) override {
    return static_cast<std::uint64_t>(std::ranges::count(lines.substr(out_.write(lines)), '\n'));
  }
  void reopen() override {}

 private:
  FdWriter out_;
};

// What a sink was told; the first batch is held up until the test lets it go.
struct Heard {
  std::promise<void> first, go_on;
  std::vector<std::string> batches;
  std::uint64_t refused = 0;
  int reopened = 0;
};

class HeldSink final : public BatchSink {
 public:
  explicit HeldSink(Heard& heard) : heard_(heard) {}
  std::uint64_t take(std::string_view batch, std::uint64_t refused) override {
    heard_.refused += refused;
    if (batch.empty()) return 0;
    heard_.batches.emplace_back(batch);
    if (heard_.batches.size() > 1) return 0;
    heard_.first.set_value();
    heard_.go_on.get_future().wait();
    return 0;
  }
  void reopen() override { ++heard_.reopened; }

 private:
  Heard& heard_;
};

TEST(BatchWriter, WritesLinesOfAllThreadsWhole) {
  PipeEnds pipe;
  std::string got;
  std::thread reader([&] { got = pipe.rest(); });
  {
    BatchWriter writer(std::make_unique<PipeSink>(pipe.write.get()), 1 << 22);
    std::vector<std::thread> writers;
    for (int t = 0; t < 4; ++t) {
      writers.emplace_back([&writer, t] {
        for (int i = 0; i < 2000; ++i) writer.append(std::to_string(t * 10'000 + i) + "\n");
      });
    }
    for (std::thread& one : writers) one.join();
    EXPECT_EQ(writer.dropped(), 0U);
  }
  pipe.write.reset();
  reader.join();
  std::istringstream lines(got);
  std::vector<int> next(4, 0);
  for (std::string line; std::getline(lines, line);) {
    const auto number = static_cast<std::size_t>(std::stoi(line));
    EXPECT_EQ(next[number / 10'000]++, static_cast<int>(number % 10'000)) << "each thread's lines in its order";
  }
  EXPECT_THAT(next, ::testing::Each(2000));
}

TEST(BatchWriter, NeitherBlocksNorGrowsWhenNobodyReadsAndCountsEachLine) {
  PipeEnds pipe;
  constexpr std::uint64_t lines = 50'000;
  std::uint64_t dropped_while_running = 0;
  {
    BatchWriter writer(std::make_unique<PipeSink>(pipe.write.get()), 1 << 16);
    const std::string line = std::string(99, 'x') + "\n";
    for (std::uint64_t i = 0; i < lines; ++i) writer.append(line);  // 5 MB: no pipe holds them
    dropped_while_running = writer.dropped();
  }  // and ends, though the pipe blocks
  EXPECT_GT(dropped_while_running, 0U);
  pipe.write.reset();
  const std::string got = pipe.rest();
  EXPECT_GT(got.size(), 0U);
  EXPECT_LE(got.size(), (1U << 16) + (1U << 16));
}

TEST(BatchWriter, CountsWhatNoReaderTook) {
  PipeEnds pipe;
  pipe.read.reset();  // writing is EPIPE
  std::signal(SIGPIPE, SIG_IGN);
  BatchWriter writer(std::make_unique<PipeSink>(pipe.write.get()), 1 << 16);
  writer.append("one\n");
  writer.append("two\n");
  while (writer.dropped() < 2) std::this_thread::yield();
  EXPECT_EQ(writer.dropped(), 2U);
}

TEST(BatchWriter, LeavesItsLastRoomToWhatIsUrgentAndTellsHowMuchItRefused) {
  Heard heard;
  {
    BatchWriter writer(std::make_unique<HeldSink>(heard), 100, 25);
    writer.append("first", BatchWriter::Weight::urgent);
    heard.first.get_future().wait();  // from here on nothing is taken
    writer.append(std::string(70, 'a'));
    writer.append(std::string(6, 'b'));
    writer.append(std::string(30, 'c'), BatchWriter::Weight::urgent);
    writer.append(std::string(31, 'd'), BatchWriter::Weight::urgent);
    EXPECT_EQ(writer.dropped(), 2U);
    heard.go_on.set_value();
  }
  EXPECT_THAT(heard.batches, ::testing::ElementsAre("first", std::string(70, 'a') + std::string(30, 'c')));
  EXPECT_EQ(heard.refused, 2U);
}

TEST(BatchWriter, PassesOnThatFilesAreToBeOpenedAgain) {
  Heard heard;
  heard.go_on.set_value();
  {
    BatchWriter writer(std::make_unique<HeldSink>(heard), 100);
    writer.reopen();
    writer.append("one");
  }
  EXPECT_EQ(heard.reopened, 1);
  EXPECT_THAT(heard.batches, ::testing::ElementsAre("one"));
}

TEST(BatchWriter, TakesNoticeOfWhatItsSinkSaysAtTheEnd) {
  // A sink that appends once, when it is given the last batch: the log speaks about itself.
  class Talker final : public BatchSink {
   public:
    explicit Talker(std::string& got) : got_(got) {}
    std::uint64_t take(std::string_view batch, std::uint64_t) override {
      got_ += batch;
      if (got_ == "one") writer->append("two");
      return 0;
    }
    void reopen() override {}
    BatchWriter* writer = nullptr;

   private:
    std::string& got_;
  };
  std::string got;
  auto talker = std::make_unique<Talker>(got);
  Talker& sink = *talker;
  BatchWriter writer(std::move(talker), 100);
  sink.writer = &writer;
  writer.append("one");
  writer.finish();
  EXPECT_EQ(got, "onetwo");
}

}  // namespace
}  // namespace gatehouse::telemetry
