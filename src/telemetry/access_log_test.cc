#include "gatehouse/telemetry/access_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <thread>
#include <vector>

#include "access_line.h"
#include "line_writer.h"
#include "test_pipe.h"
#include "utf8.h"

namespace gatehouse::telemetry {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

AccessRecord record() {
  AccessRecord r;
  r.time = WallTime(milliseconds(1'709'210'096'789));
  r.request_id = "r-1", r.method = "GET", r.path = "/healthz", r.client_ip = "127.0.0.1";
  r.status = 200, r.process_time = 0.012345, r.bytes = 321;
  return r;
}

std::string line_of(const AccessRecord& r) {
  std::string out;
  append_access_line(out, r);
  return out;
}

// Whether a text is one JSON object whose members are strings, numbers and null, on one line of good UTF-8. Written apart
// from the writer, by RFC 8259.
class FlatObject {
 public:
  explicit FlatObject(std::string_view text) : text_(text) {}

  bool well_formed() {
    if (!take('{')) return false;
    do {
      if (!string() || !take(':') || !(string() || number() || word("null"))) return false;
    } while (take(','));
    return take('}') && take('\n') && text_.empty();
  }

 private:
  bool take(char c) {
    if (text_.empty() || text_[0] != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  bool word(std::string_view w) {
    if (!text_.starts_with(w)) return false;
    text_.remove_prefix(w.size());
    return true;
  }
  bool number() {
    const std::size_t n = std::min(text_.find_first_not_of("0123456789."), text_.size());
    text_.remove_prefix(n);
    return n > 0;
  }
  bool escape() {
    if (text_.empty()) return false;
    if (!take('u')) return take('"') || take('\\') || take('n') || take('r') || take('t');
    const bool four = text_.size() >= 4 && text_.substr(0, 4).find_first_not_of("0123456789abcdef") == std::string_view::npos;
    text_.remove_prefix(four ? 4 : 0);
    return four;
  }
  bool string() {
    if (!take('"')) return false;
    while (!text_.empty() && text_[0] != '"') {
      if (take('\\')) {
        if (!escape()) return false;
        continue;
      }
      const Character c = first_character(text_);
      if (c.size == 0 || c.code_point < 0x20 || (c.code_point >= 0x7F && c.code_point < 0xA0)) return false;
      text_.remove_prefix(c.size);
    }
    return take('"');
  }

  std::string_view text_;
};

TEST(AccessLine, WritesEveryFieldOfTheContract) {
  AccessRecord r = record();
  r.user_agent = "curl/8", r.referer = "https://a.example/", r.tenant_id = "demo", r.key_id = "k1", r.error = "token_expired";
  EXPECT_EQ(line_of(r), R"({"time":"2024-02-29T12:34:56.789Z","request_id":"r-1","method":"GET","path":"/healthz","client_ip":"127.0.0.1",)"
                        R"("status_code":200,"process_time":0.012345,"bytes":321,"user_agent":"curl/8","referer":"https://a.example/",)"
                        R"("tenant_id":"demo","key_id":"k1","error":"token_expired"})"
                        "\n");
}

TEST(AccessLine, WritesTokensOfModelCallsAlone) {
  EXPECT_THAT(line_of(record()), Not(HasSubstr("tokens")));
  AccessRecord r = record();
  r.model = "m", r.finish = "stop", r.prompt_tokens = 9, r.completion_tokens = 2;
  EXPECT_THAT(line_of(r), EndsWith(R"("error":null,"model":"m","prompt_tokens":9,"completion_tokens":2,"finish":"stop"})"
                                   "\n"));
}

TEST(AccessLine, WritesTimesThatMakeNoSenseAsZero) {
  for (const double odd : {-1.0, 1e300, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    AccessRecord r = record();
    r.process_time = odd;
    EXPECT_THAT(line_of(r), HasSubstr(R"("process_time":0.000000,)")) << odd;
  }
}

TEST(AccessLine, IsOneJsonObjectForAnyBytes) {
  const std::uint32_t seed = 20261;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  for (int i = 0; i < 3000; ++i) {
    std::string text(random() % 700, '\0');
    for (char& c : text) c = static_cast<char>(random() % (i % 2 == 0 ? 256 : 64));
    AccessRecord r = record();
    r.request_id = r.method = r.path = r.client_ip = r.user_agent = r.referer = r.tenant_id = r.key_id = r.error = r.model = r.finish =
        text;
    const std::string line = line_of(r);
    ASSERT_TRUE(FlatObject(line).well_formed()) << i << ": " << line;
  }
}

TEST(AccessLine, CutsLongTextsBetweenCharacters) {
  AccessRecord r = record();
  std::string path;
  while (path.size() < 600) path += "北";
  r.path = path;
  const std::string line = line_of(r);
  EXPECT_TRUE(FlatObject(line).well_formed());
  EXPECT_THAT(line, Not(HasSubstr("\xEF\xBF\xBD")));
  EXPECT_THAT(line, HasSubstr(path.substr(0, 510)));
  EXPECT_THAT(line, Not(HasSubstr(path.substr(0, 513))));
}

TEST(AccessLine, ShowsThatThereWasSomethingThoughItIsNoText) {
  AccessRecord r = record();
  const std::string odd(1000, '\x80');
  r.user_agent = odd;
  EXPECT_THAT(line_of(r), HasSubstr("\"user_agent\":\"\xEF\xBF\xBD"));
  EXPECT_LT(line_of(r).size(), 1200U);
}

TEST(LineWriter, WritesLinesOfAllThreadsWhole) {
  PipeEnds pipe;
  std::string got;
  std::thread reader([&] { got = pipe.rest(); });
  {
    LineWriter writer(pipe.write.get(), Fd(), 1 << 22);
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

TEST(LineWriter, NeitherBlocksNorGrowsWhenNobodyReadsAndCountsEachLine) {
  PipeEnds pipe;
  constexpr std::uint64_t lines = 50'000;
  std::uint64_t dropped_while_running = 0;
  {
    LineWriter writer(pipe.write.get(), Fd(), 1 << 16);
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

TEST(LineWriter, CountsWhatNoReaderTook) {
  PipeEnds pipe;
  pipe.read.reset();  // writing is EPIPE
  std::signal(SIGPIPE, SIG_IGN);
  LineWriter writer(pipe.write.get(), Fd(), 1 << 16);
  writer.append("one\n");
  writer.append("two\n");
  while (writer.dropped() < 2) std::this_thread::yield();
  EXPECT_EQ(writer.dropped(), 2U);
}

class AccessLogFile : public ::testing::Test {
 protected:
  AccessLogFile() {
    char name[] = "/tmp/gatehouse-access-XXXXXX";
    folder_ = ::mkdtemp(name);
  }
  ~AccessLogFile() override { std::filesystem::remove_all(folder_); }

  std::string read() const {
    std::ifstream in(folder_ / "access.log");
    return {std::istreambuf_iterator<char>(in), {}};
  }

  std::filesystem::path folder_;
};

TEST_F(AccessLogFile, AppendsToWhatIsThere) {
  const AccessLogOptions options{.format = AccessFormat::json, .file = folder_ / "access.log"};
  for (int i = 0; i < 2; ++i) {
    Result<AccessLog> log = AccessLog::open(options);
    ASSERT_TRUE(log);
    log->write(record());
    EXPECT_EQ(log->dropped(), 0U);
  }
  EXPECT_EQ(read(), line_of(record()) + line_of(record()));
  EXPECT_EQ(std::filesystem::status(options.file).permissions() & std::filesystem::perms::others_all, std::filesystem::perms::none);
}

TEST_F(AccessLogFile, SaysWhyItCannotBeWritten) {
  const Result<AccessLog> log = AccessLog::open({.format = AccessFormat::json, .file = folder_ / "none" / "access.log"});
  ASSERT_FALSE(log);
  EXPECT_EQ(log.error().reason(), "access_log_unwritable");
}

TEST(AccessLog, WritesNothingWhenOff) {
  Result<AccessLog> log = AccessLog::open({.format = AccessFormat::off, .file = {}});
  ASSERT_TRUE(log);
  log->write(record());
  EXPECT_EQ(log->dropped(), 0U);
}

}  // namespace
}  // namespace gatehouse::telemetry
