#include "gatehouse/telemetry/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "log_record.h"
#include "test_pipe.h"

namespace gatehouse::telemetry {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

const SystemClock system_clock;
const LineContext noon{WallTime(milliseconds(1'709'210'096'789)), LogLevel::warn};

std::string encoded(std::string_view component, std::string_view message, log::Fields fields) {
  std::string record;
  append_record(record, noon, component, message, fields);
  return record;
}

RecordView view(std::string_view batch) {
  RecordView record;
  EXPECT_TRUE(take_record(batch, record));
  EXPECT_TRUE(batch.empty());
  return record;
}

std::string json(std::string_view component, std::string_view message, log::Fields fields) {
  const std::string record = encoded(component, message, fields);
  std::string line;
  append_json_line(line, view(record));
  return line;
}

std::string json_in(std::string_view environment) {
  const std::string record = encoded("log", "hello", {});
  std::string line;
  append_json_line(line, view(record), environment);
  return line;
}

std::string text(std::string_view component, std::string_view message, log::Fields fields, bool colour = false) {
  const std::string record = encoded(component, message, fields);
  std::string line;
  append_text_line(line, view(record), colour);
  return line;
}

LogOptions as_text(LogLevel level = LogLevel::info) {
  LogOptions options;
  options.level = level, options.format = LogFormat::text;
  return options;
}

// What a Logging with these options writes while say runs.
template <class Say>
std::string written(LogOptions options, Say say) {
  PipeEnds pipe;
  options.fd = pipe.write.get();
  std::string got;
  std::thread reader([&] { got = pipe.rest(); });
  {
    const Result<Logging> logging = Logging::open(options, system_clock);
    say();
  }
  pipe.write.reset();
  reader.join();
  return got;
}

TEST(LogRecord, KeepsTypesInJson) {
  EXPECT_EQ(json("engine", "child ended", {{"model", "m"}, {"signal", 9}, {"took", 0.5}, {"again", true}, {"left", -3}}),
            R"({"time":"2024-02-29T12:34:56.789Z","level":"warn","logger":"engine","message":"child ended",)"
            R"("model":"m","signal":9,"took":0.5,"again":true,"left":-3})"
            "\n");
}

TEST(LogRecord, SaysInJsonWhereItIsFrom) {
  EXPECT_THAT(json_in("staging \"2\""), HasSubstr(R"("level":"warn","environment":"staging \"2\"","logger":"log","message":"hello"})"));
  EXPECT_THAT(json_in(""), Not(HasSubstr("environment")));
}

TEST(LogRecord, WritesNumbersThatJsonHasNoneForAsNull) {
  EXPECT_THAT(json("a", "b", {{"x", std::numeric_limits<double>::quiet_NaN()}, {"y", -std::numeric_limits<double>::infinity()}}),
              HasSubstr(R"("x":null,"y":null)"));
}

TEST(LogRecord, KeepsLargeNumbersWhole) {
  EXPECT_THAT(json("a", "b", {{"x", std::numeric_limits<std::uint64_t>::max()}, {"y", std::numeric_limits<std::int64_t>::min()}}),
              HasSubstr(R"("x":18446744073709551615,"y":-9223372036854775808)"));
}

TEST(LogRecord, DoesNotLetATextForgeAnotherLine) {
  const std::string hostile = "x\n{\"level\":\"error\"}\x1b[2J\xFF";
  EXPECT_EQ(json("a", hostile, {{"k", hostile}}),
            "{\"time\":\"2024-02-29T12:34:56.789Z\",\"level\":\"warn\",\"logger\":\"a\","
            "\"message\":\"x\\n{\\\"level\\\":\\\"error\\\"}\\u001b[2J\xEF\xBF\xBD\","
            "\"k\":\"x\\n{\\\"level\\\":\\\"error\\\"}\\u001b[2J\xEF\xBF\xBD\"}\n");
  const std::string line = text("a", hostile, {{"k", hostile}});
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  EXPECT_THAT(line, Not(HasSubstr("\x1b")));
}

TEST(LogRecord, LooksLikeThisForPeople) {
  EXPECT_EQ(text("net", "listening", {{"port", 8080}, {"on", "a b"}}),
            "2024-02-29T12:34:56.789Z warn [net] listening port=8080 on=\"a b\"\n");
  EXPECT_THAT(text("net", "listening", {}, true), HasSubstr("\x1b[33mwarn\x1b[0m"));
}

TEST(LogRecord, SurvivesARecordThatIsCutOff) {
  const std::string record = encoded("net", "listening", {{"port", 8080}});
  std::string line;
  for (std::size_t n = 0; n < record.size(); ++n) {
    std::string_view batch = std::string_view(record).substr(0, n);
    for (RecordView one; take_record(batch, one);) append_json_line(line, one);
  }
  EXPECT_THAT(line, EndsWith("}\n"));
}

TEST(LogRecord, IsFoundAgainAmongOthers) {
  const std::string batch = encoded("a", "one", {}) + encoded("b", "two", {{"n", 2}});
  std::string lines;
  std::string_view rest = batch;
  for (RecordView record; take_record(rest, record);) append_text_line(lines, record, false);
  EXPECT_EQ(lines, "2024-02-29T12:34:56.789Z warn [a] one\n2024-02-29T12:34:56.789Z warn [b] two n=2\n");
}

TEST(Logging, WritesJsonWhereNobodyLooks) {
  const std::string got = written({}, [] { log::info("app", "up", {{"port", 1}}); });
  EXPECT_THAT(got, MatchesRegex(R"(\{"time":"[-0-9]+T[:0-9]+\.[0-9]+Z","level":"info","logger":"app","message":"up","port":1\})"
                                "\n"));
}

TEST(Logging, LeavesOutWhatIsBelowItsLevel) {
  const std::string got = written(as_text(LogLevel::warn), [] {
    log::debug("a", "one");
    log::info("a", "two");
    log::warn("a", "three");
    log::error("a", "four");
  });
  EXPECT_THAT(got, Not(HasSubstr("one")));
  EXPECT_THAT(got, Not(HasSubstr("two")));
  EXPECT_THAT(got, HasSubstr("warn [a] three\n"));
  EXPECT_THAT(got, HasSubstr("error [a] four\n"));
}

TEST(Logging, ChangesItsLevelWhileItRuns) {
  PipeEnds pipe;
  std::string got;
  std::thread reader([&] { got = pipe.rest(); });
  {
    LogOptions options;
    options.level = LogLevel::warn, options.format = LogFormat::text, options.fd = pipe.write.get();
    Result<Logging> logging = Logging::open(options, system_clock);
    log::info("a", "one");
    logging->set_level(LogLevel::debug);
    log::debug("a", "two");
    logging->set_level(LogLevel::off);
    log::error("a", "three");
  }
  pipe.write.reset();
  reader.join();
  EXPECT_THAT(got, EndsWith(" debug [a] two\n"));
  EXPECT_THAT(got, Not(HasSubstr("one")));
}

TEST(Logging, WritesLinesOfAllThreadsWhole) {
  const std::string got = written(as_text(), [] {
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([] {
        for (int i = 0; i < 500; ++i) log::info("a", "a line", {{"n", i}});
      });
    }
    for (std::thread& one : threads) one.join();
  });
  std::size_t lines = 0;
  for (std::size_t at = 0; (at = got.find(" info [a] a line n=", at)) != std::string::npos; ++at) ++lines;
  EXPECT_EQ(lines, 2000U);
  EXPECT_EQ(static_cast<std::size_t>(std::count(got.begin(), got.end(), '\n')), 2000U);
}

TEST(Logging, NeitherBlocksNorHangsWhenNobodyReads) {
  PipeEnds pipe;
  const std::string filler(1000, 'x');
  LogOptions options;
  options.buffer = 65536, options.fd = pipe.write.get();
  const Result<Logging> logging = Logging::open(options, system_clock);
  for (int i = 0; i < 5000; ++i) log::info("a", filler);  // 5 MB: no pipe holds them
  EXPECT_GT(logging->dropped(), 0U);
}  // and ends, though the pipe blocks

TEST(Logging, SaysHowManyLinesItRefused) {
  LogOptions options = as_text();
  options.buffer = 4096;
  const std::string got = written(options, [] {
    log::info("a", std::string(5000, 'x'));  // finds no room, whatever the writer does
    log::info("a", std::string(3500, 'y'));  // would take the room of errors
    log::error("a", std::string(3500, 'z'));
  });
  EXPECT_THAT(got, Not(HasSubstr("xx")));
  EXPECT_THAT(got, Not(HasSubstr("yy")));
  EXPECT_THAT(got, HasSubstr("zz"));
  EXPECT_THAT(got, HasSubstr(" warn [log] lines were lost: they came faster than they could be written lines="));
}

TEST(Logging, LeavesNothingBehind) {
  written({}, [] { log::info("a", "one"); });
  log::info("a", "dropped: there is no Logging any more");
  EXPECT_THAT(written(as_text(), [] { log::info("a", "two"); }), EndsWith(" info [a] two\n"));
}

TEST(Logging, SendsWarningsToStandardErrorWhenThereIsNone) {
  ::testing::internal::CaptureStderr();
  log::info("a", "hidden");
  log::warn("a", "shown", {{"k", 1}});
  const std::string got = ::testing::internal::GetCapturedStderr();
  EXPECT_THAT(got, EndsWith(" warn [a] shown k=1\n"));
  EXPECT_THAT(got, Not(HasSubstr("hidden")));
}

}  // namespace
}  // namespace gatehouse::telemetry
