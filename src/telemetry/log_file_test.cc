#include "log_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <zlib.h>

#include <csignal>
#include <random>

#include "gatehouse/base/fake_clock.h"
#include "gatehouse/telemetry/access_log.h"
#include "gatehouse/telemetry/log.h"
#include "gzip.h"
#include "test_folder.h"
#include "test_pipe.h"

namespace gatehouse::telemetry {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::chrono::days a_day(1), week(7);

std::string unpacked(const std::filesystem::path& path) {
  const gzFile file = ::gzopen(path.c_str(), "rb");
  if (file == nullptr) return "no file";
  std::string text;
  char piece[4096];
  for (int n = 0; (n = ::gzread(file, piece, sizeof piece)) > 0;) text.append(piece, static_cast<std::size_t>(n));
  return ::gzclose(file) == Z_OK ? text : "broken: " + text;
}

// The clock's days; the file system has its own, so a file is dated by hand where a new LogFile finds it.
class LogFileTest : public ::testing::Test {
 protected:
  std::unique_ptr<LogFile> open(std::chrono::days kept = week) {
    Result<std::unique_ptr<LogFile>> made = LogFile::open(folder_ / "g.log", kept, clock_);
    EXPECT_TRUE(made);
    return made ? std::move(*made) : nullptr;
  }
  std::string today(int plus = 0) const { return to_text(local_day(clock_.wall()) + std::chrono::days(plus)); }
  std::string over(int plus, const std::string& end = "") const { return "g.log." + today(plus) + end; }
  void date(const std::string& name, std::chrono::days ago) {
    const timespec then{unix_seconds(clock_.wall() - ago), 0};
    const timespec both[] = {then, then};
    ASSERT_EQ(::utimensat(AT_FDCWD, (folder_ / name).c_str(), both, 0), 0);
  }

  TestFolder folder_;
  FakeClock clock_;
};

TEST_F(LogFileTest, AppendsToWhatIsThereAndShowsItToNobodyElse) {
  folder_.write("g.log", "before\n");
  date("g.log", std::chrono::days(0));
  const auto file = open();
  EXPECT_EQ(file->write("one\ntwo\n"), 0U);
  EXPECT_EQ(folder_.read("g.log"), "before\none\ntwo\n");
  const auto fresh = LogFile::open(folder_ / "new.log", week, clock_);
  ASSERT_TRUE(fresh);
  EXPECT_EQ(std::filesystem::status(folder_ / "new.log").permissions() & std::filesystem::perms(0137), std::filesystem::perms::none);
}

TEST_F(LogFileTest, TurnsOverAtMidnightAndPacksTheDayThatIsOver) {
  const auto file = open();
  file->write("first day\n");
  clock_.advance(a_day);
  file->write("second day\n");
  file->sweeper().finish();
  EXPECT_THAT(folder_.names(), ElementsAre("g.log", over(-1, ".gz")));
  EXPECT_EQ(unpacked(folder_ / over(-1, ".gz")), "first day\n");
  EXPECT_EQ(folder_.read("g.log"), "second day\n");
  EXPECT_EQ(std::filesystem::status(folder_ / over(-1, ".gz")).permissions() & std::filesystem::perms(0137), std::filesystem::perms::none);
}

TEST_F(LogFileTest, TurnsOverThoughNobodyWrites) {
  const auto file = open();
  file->write("first day\n");
  clock_.advance(a_day);
  file->write("");
  file->sweeper().finish();
  EXPECT_EQ(unpacked(folder_ / over(-1, ".gz")), "first day\n");
  EXPECT_EQ(folder_.read("g.log"), "");
}

TEST_F(LogFileTest, MakesNothingOfADayWithoutLines) {
  const auto file = open();
  for (int i = 0; i < 3; ++i) {
    file->write("");
    clock_.advance(a_day);
  }
  file->sweeper().finish();
  EXPECT_THAT(folder_.names(), ElementsAre("g.log"));
}

TEST_F(LogFileTest, KeepsSoManyDaysAndNoMore) {
  const auto file = open();
  for (int i = 0; i < 10; ++i) {
    file->write("a day\n");
    clock_.advance(a_day);
  }
  file->write("today\n");
  file->sweeper().finish();
  std::set<std::string> expected{"g.log"};
  for (int ago = 1; ago <= 7; ++ago) expected.insert(over(-ago, ".gz"));
  EXPECT_EQ(folder_.names(), expected);
}

TEST_F(LogFileTest, GivesADayThatComesTwiceTwoNames) {
  folder_.write(over(0, ".gz"), "of before");
  const auto file = open();
  file->write("again\n");
  clock_.advance(a_day);
  file->write("next\n");
  file->sweeper().finish();
  EXPECT_EQ(folder_.read(over(-1, ".gz")), "of before");
  EXPECT_EQ(unpacked(folder_ / over(-1, ".2.gz")), "again\n");
}

TEST_F(LogFileTest, DoesNotTurnOverWhenTheClockIsSetBack) {
  folder_.write("g.log", "tomorrow's\n");
  date("g.log", std::chrono::days(-1));
  const auto file = open();
  file->write("today's\n");
  file->sweeper().finish();
  EXPECT_THAT(folder_.names(), ElementsAre("g.log"));
}

// -- after a kill -9 --------------------------------------------------------------------------------------------------------

TEST_F(LogFileTest, FinishesAtTheNextStartWhatAKillLeftBehind) {
  folder_.write(over(-3), "moved away, not packed\n");
  folder_.write(over(-2), "half packed\n");
  folder_.write(over(-2, ".gz.part"), "\x1f\x8bgarbage");
  folder_.write(over(-1, ".gz"), "whole: it has its name");
  folder_.write(over(-1), "packed, not removed\n");
  folder_.write("g.log", "the day before\n");
  date("g.log", std::chrono::days(1));
  const auto file = open();
  file->write("today\n");
  file->sweeper().finish();
  EXPECT_THAT(folder_.names(), ElementsAre("g.log", over(-3, ".gz"), over(-2, ".gz"), over(-1, ".2.gz"), over(-1, ".gz")));
  EXPECT_EQ(unpacked(folder_ / over(-3, ".gz")), "moved away, not packed\n");
  EXPECT_EQ(unpacked(folder_ / over(-2, ".gz")), "half packed\n");
  EXPECT_EQ(unpacked(folder_ / over(-1, ".2.gz")), "the day before\n");
  EXPECT_EQ(folder_.read("g.log"), "today\n");
}

TEST_F(LogFileTest, EndsALineThatAKillCutOff) {
  folder_.write("g.log", "whole\nhal");
  date("g.log", std::chrono::days(0));
  open()->write("next\n");
  EXPECT_EQ(folder_.read("g.log"), "whole\nhal\nnext\n");
}

// -- with others ------------------------------------------------------------------------------------------------------------

TEST_F(LogFileTest, GoesOnInANewFileWhenTheOldOneWasMovedAway) {
  const auto file = open();
  file->write("one\n");
  std::filesystem::rename(folder_ / "g.log", folder_ / "g.log.1");
  file->write("two\n");
  file->reopen();
  file->write("three\n");
  file->reopen();
  file->write("four\n");
  EXPECT_EQ(folder_.read("g.log.1"), "one\ntwo\n");
  EXPECT_EQ(folder_.read("g.log"), "three\nfour\n");
}

TEST_F(LogFileTest, DoesNotMoveAtMidnightWhatSomebodyElseHasMoved) {
  const auto file = open();
  file->write("one\n");
  std::filesystem::rename(folder_ / "g.log", folder_ / "g.log.1");
  folder_.write("g.log", "of somebody else\n");
  date("g.log", std::chrono::days(0));
  clock_.advance(a_day);
  file->write("two\n");
  file->sweeper().finish();
  EXPECT_EQ(folder_.read("g.log.1"), "one\n");
  EXPECT_EQ(folder_.read("g.log"), "of somebody else\ntwo\n");
}

TEST_F(LogFileTest, TurnsOverTheFileBehindALink) {
  folder_.write("real.log", "");
  std::filesystem::create_symlink("real.log", folder_ / "g.log");
  const auto file = open();
  file->write("one\n");
  clock_.advance(a_day);
  file->write("two\n");
  file->sweeper().finish();
  EXPECT_EQ(unpacked(folder_ / ("real.log." + today(-1) + ".gz")), "one\n");
  EXPECT_EQ(folder_.read("g.log"), "two\n");
}

TEST_F(LogFileTest, WritesToAPipeAndLeavesItAsItIs) {
  ASSERT_EQ(::mkfifo((folder_ / "g.log").c_str(), 0600), 0);
  EXPECT_FALSE(LogFile::open(folder_ / "g.log", week, clock_)) << "nobody reads it: an error, not a start that hangs";
  const Fd reader(::open((folder_ / "g.log").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  const auto file = open();
  file->write("one\n");
  clock_.advance(a_day);
  file->write("two\n");
  file->reopen();
  char got[64];
  EXPECT_EQ(std::string(got, static_cast<std::size_t>(::read(reader.get(), got, sizeof got))), "one\ntwo\n");
  EXPECT_THAT(folder_.names(), ElementsAre("g.log"));
}

TEST_F(LogFileTest, SaysWhichFileCannotBeWritten) {
  const auto none = LogFile::open(folder_ / "none" / "g.log", week, clock_);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().reason(), "log_file_unwritable");
  EXPECT_THAT(none.error().public_text(), HasSubstr("/none/g.log: No such file or directory"));
}

// -- a disk that is full ----------------------------------------------------------------------------------------------------

// This process may write files of so many bytes and no larger: as a disk that is full, at a known place. The signal is blocked on the
// threads that write logs, and here.
class SmallFiles {
 public:
  explicit SmallFiles(rlim_t bytes) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    rlimit small = before_;
    small.rlim_cur = bytes;
    handler_ = std::signal(SIGXFSZ, SIG_IGN);
    ::setrlimit(RLIMIT_FSIZE, &small);
  }
  ~SmallFiles() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  SmallFiles(const SmallFiles&) = delete;
  SmallFiles& operator=(const SmallFiles&) = delete;

 private:
  rlimit before_{};
  void (*handler_)(int);
};

TEST_F(LogFileTest, LosesLinesWhileTheDiskIsFullSaysSoOnceAndGoesOn) {
  const auto file = open();
  PipeEnds said;
  LogOptions options;
  options.format = LogFormat::text, options.fd = said.write.get();
  {
    const Result<Logging> logging = Logging::open(options, clock_);
    {
      const SmallFiles full(10);
      EXPECT_EQ(file->write("123456\n89012345\nlost\n"), 1U) << "of the second line three bytes are out";
      EXPECT_EQ(file->write("lost\nlost\n"), 2U);
      EXPECT_EQ(file->write("lost\n"), 1U);
    }
    EXPECT_EQ(file->write("again\n"), 0U);
    EXPECT_EQ(file->write("and again\n"), 0U);
  }
  EXPECT_EQ(folder_.read("g.log"), "123456\n89012345\nagain\nand again\n") << "the line that was cut off is made whole";
  said.write.reset();
  const std::string lines = said.rest();
  EXPECT_THAT(lines, HasSubstr(" error [log] a log file cannot be written: lines are lost until it can file=\"" +
                               (folder_ / "g.log").native() + "\" error=\"File too large\"\n"));
  EXPECT_THAT(lines, EndsWith(" warn [log] a log file is written again file=\"" + (folder_ / "g.log").native() + "\" lost=4\n"));
  EXPECT_EQ(std::ranges::count(lines, '\n'), 2);
}

TEST_F(LogFileTest, KeepsWhatCannotBePackedAndTriesAgain) {
  const auto file = open();
  std::string noise(20'000, '\n');
  std::mt19937 random(7);
  for (char& c : noise) c = static_cast<char>(random() % 256);
  file->write(noise + "\n");
  clock_.advance(a_day);
  {
    const SmallFiles full(1000);
    file->write("next\n");
    file->sweeper().finish();
  }
  EXPECT_THAT(folder_.names(), ElementsAre("g.log", over(-1)));
  clock_.advance(a_day);
  file->write("later\n");
  file->sweeper().finish();
  EXPECT_EQ(unpacked(folder_ / over(-2, ".gz")), noise + "\n");
}

TEST(Gzip, GivesUpWhenTheProcessEnds) {
  const TestFolder folder;
  folder.write("from", "text");
  const Fd from(::open((folder / "from").c_str(), O_RDONLY | O_CLOEXEC)), to(::open((folder / "to").c_str(), O_WRONLY | O_CREAT, 0600));
  const std::atomic<bool> stop{true};
  EXPECT_FALSE(gzip(from.get(), to.get(), stop));
}

// -- the log and the access log, in files -----------------------------------------------------------------------------------

TEST_F(LogFileTest, HoldsTheLogAsTextAndAsJsonBesideStandardError) {
  PipeEnds console;
  LogOptions options;
  options.file = folder_ / "g.log", options.json_file = folder_ / "g.json", options.fd = console.write.get();
  {
    const Result<Logging> logging = Logging::open(options, clock_);
    ASSERT_TRUE(logging);
    log::info("app", "up\x1b[2J\n", {{"port", 1}});
    log::debug("app", "not wanted");
  }
  console.write.reset();
  const std::string time = "2023-11-14T22:13:20.000Z",
                    json = R"({"time":")" + time + R"(","level":"info","logger":"app","message":"up\u001b[2J\n","port":1})" + "\n";
  EXPECT_EQ(folder_.read("g.log"), time + " info [app] up\\u001b[2J\\n port=1\n");
  EXPECT_EQ(folder_.read("g.json"), json);
  EXPECT_EQ(console.rest(), json);
}

TEST_F(LogFileTest, OfTheLogAreOpenedAgainWhenItIsAskedFor) {
  PipeEnds console;
  LogOptions options;
  options.json_file = folder_ / "g.json", options.fd = console.write.get();
  Result<Logging> logging = Logging::open(options, clock_);
  ASSERT_TRUE(logging);
  std::filesystem::rename(folder_ / "g.json", folder_ / "g.json.1");
  logging->reopen();
  log::error("app", "after");
  {
    const Result<Logging> ends = std::move(logging);
  }
  EXPECT_THAT(folder_.read("g.json.1"), IsEmpty());
  EXPECT_THAT(folder_.read("g.json"), HasSubstr(R"("message":"after")"));
}

TEST_F(LogFileTest, OfTheAccessLogTurnsOverToo) {
  AccessLogOptions options;
  options.file = folder_ / "g.log", options.format = AccessFormat::combined;
  AccessRecord record;
  record.client_ip = "127.0.0.1", record.status = 200;
  {
    Result<AccessLog> log = AccessLog::open(options, clock_);
    ASSERT_TRUE(log);
    record.time = clock_.wall();
    log->write(record);
  }
  clock_.advance(a_day);
  date("g.log", a_day);
  {
    Result<AccessLog> log = AccessLog::open(options, clock_);
    ASSERT_TRUE(log);
    record.time = clock_.wall();
    log->write(record);
  }
  const std::set<std::string> names = folder_.names();
  EXPECT_TRUE(names.contains(over(-1)) || names.contains(over(-1, ".gz"))) << "packing may have been cut short by the end";
  EXPECT_THAT(folder_.read("g.log"), HasSubstr("[15/Nov/2023:"));
}

}  // namespace
}  // namespace gatehouse::telemetry
