#include "gatehouse/telemetry/access_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>

#include "access_line.h"
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
  append_json_access_line(out, r);
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

// The combined format, as analysers describe it: host, ident, user, time, request, status, size, referer, agent. Quoted fields end at
// the first quote. Written apart from the writer.
class CombinedLine {
 public:
  explicit CombinedLine(std::string_view text) : text_(text) {}

  // Takes the line apart; false where it does not fit.
  bool read() {
    return word(host) && take(" ") && word(ident) && take(" ") && word(user) && take(" [") && until(']', time) && take(" \"") &&
           until('"', request) && take(" ") && digits(status) && take(" ") && digits(size) && take(" \"") && until('"', referer) &&
           take(" \"") && until('"', agent) && text_ == "\n";
  }
  std::string host, ident, user, time, request, status, size, referer, agent;

 private:
  bool take(std::string_view expected) {
    if (!text_.starts_with(expected)) return false;
    text_.remove_prefix(expected.size());
    return true;
  }
  bool span(std::size_t n, std::string& into) {
    if (n == 0 || n == std::string_view::npos) return false;
    into = text_.substr(0, n);
    text_.remove_prefix(n);
    return true;
  }
  bool word(std::string& into) { return span(text_.find_first_of(" \t\n"), into); }
  bool digits(std::string& into) { return span(text_.find_first_not_of("0123456789"), into); }
  bool until(char end, std::string& into) { return span(text_.find(end), into) && take(std::string_view(&end, 1)); }

  std::string_view text_;
};

std::string combined(const AccessRecord& r) {
  std::string out;
  append_combined_access_line(out, r);
  return out;
}

TEST(CombinedAccessLine, LooksAsAnalysersExpect) {
  AccessRecord r = record();
  r.user_agent = "curl/8", r.referer = "https://a.example/", r.tenant_id = "demo";
  EXPECT_EQ(combined(r),
            "127.0.0.1 - demo [29/Feb/2024:12:34:56 +0000] \"GET /healthz HTTP/1.1\" 200 321 \"https://a.example/\" \"curl/8\"\n");
  EXPECT_EQ(combined(record()), "127.0.0.1 - - [29/Feb/2024:12:34:56 +0000] \"GET /healthz HTTP/1.1\" 200 321 \"-\" \"-\"\n");
}

TEST(CombinedAccessLine, HasADashWhereThereWasNoRequestLine) {
  AccessRecord r;
  r.client_ip = "2001:db8::1", r.status = 408;
  EXPECT_EQ(combined(r), "2001:db8::1 - - [01/Jan/1970:00:00:00 +0000] \"-\" 408 0 \"-\" \"-\"\n");
}

TEST(CombinedAccessLine, SaysWhichVersionOfHttp) {
  AccessRecord r = record();
  r.http_minor = 0;
  EXPECT_THAT(combined(r), HasSubstr("\"GET /healthz HTTP/1.0\""));
}

TEST(CombinedAccessLine, LetsNoTextForgeAFieldOrALine) {
  AccessRecord r = record();
  const std::string hostile = "x\" 200 1 \"-\" \"-\"\r\n1.2.3.4 - - \\\x1b[2J\xC2\x9B北\xFF";
  r.path = r.user_agent = r.referer = r.tenant_id = r.client_ip = hostile;
  const std::string line = combined(r);
  CombinedLine read(line);
  ASSERT_TRUE(read.read()) << line;
  EXPECT_EQ(read.agent, R"(x\x22 200 1 \x22-\x22 \x22-\x22\x0D\x0A1.2.3.4 - - \x5C\x1B[2J\xC2\x9B\xE5\x8C\x97\xFF)");
  EXPECT_EQ(read.user, "-") << "no word, and nothing that a tenant can be called";
  EXPECT_EQ(read.status, "200");
}

TEST(CombinedAccessLine, CanBeReadWhateverTheBytes) {
  const std::uint32_t seed = 20262;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  for (int i = 0; i < 3000; ++i) {
    std::string text(random() % 700, '\0');
    for (char& c : text) c = static_cast<char>(random() % (i % 2 == 0 ? 256 : 64));
    AccessRecord r = record();
    r.method = r.path = r.client_ip = r.user_agent = r.referer = r.tenant_id = text;
    const std::string line = combined(r);
    ASSERT_TRUE(CombinedLine(line).read()) << i << ": " << line;
    ASSERT_EQ(std::ranges::count_if(line, [](char c) { return c < 0x20 || c > 0x7E; }), 1) << line;
  }
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
  const SystemClock clock_;
};

TEST_F(AccessLogFile, AppendsToWhatIsThere) {
  AccessLogOptions options;
  options.file = folder_ / "access.log";
  for (int i = 0; i < 2; ++i) {
    Result<AccessLog> log = AccessLog::open(options, clock_);
    ASSERT_TRUE(log);
    log->write(record());
    EXPECT_EQ(log->dropped(), 0U);
  }
  EXPECT_EQ(read(), line_of(record()) + line_of(record()));
  EXPECT_EQ(std::filesystem::status(options.file).permissions() & std::filesystem::perms::others_all, std::filesystem::perms::none);
}

TEST_F(AccessLogFile, HoldsCombinedLinesWhereTheyAreAskedFor) {
  AccessLogOptions options;
  options.file = folder_ / "access.log", options.format = AccessFormat::combined;
  {
    Result<AccessLog> log = AccessLog::open(options, clock_);
    ASSERT_TRUE(log);
    log->write(record());
  }
  EXPECT_EQ(read(), combined(record()));
}

TEST_F(AccessLogFile, SaysWhyItCannotBeWritten) {
  AccessLogOptions options;
  options.file = folder_ / "none" / "access.log";
  const Result<AccessLog> log = AccessLog::open(options, clock_);
  ASSERT_FALSE(log);
  EXPECT_EQ(log.error().reason(), "log_file_unwritable");
}

TEST(AccessLog, WritesNothingWhenOff) {
  const SystemClock clock;
  AccessLogOptions options;
  options.format = AccessFormat::off;
  Result<AccessLog> log = AccessLog::open(options, clock);
  ASSERT_TRUE(log);
  log->write(record());
  EXPECT_EQ(log->dropped(), 0U);
}

}  // namespace
}  // namespace gatehouse::telemetry
