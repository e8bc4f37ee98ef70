#include "gatehouse/wire/http1/dump.h"

#include <gmock/gmock.h>

namespace gatehouse::wire {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

constexpr std::string_view two_messages =
    "GET /a HTTP/1.1\r\nHost: x\r\n\r\n"
    "POST /b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";

TEST(DumpHttp1, PrintsOneObjectAMessage) {
  const Http1Dump dump = dump_http1(two_messages, 0);
  EXPECT_TRUE(dump.well_formed);
  EXPECT_THAT(dump.lines, HasSubstr(R"({"method":"GET","target":"/a","version":"HTTP/1.1","fields":[["Host","x"]],)"));
  EXPECT_THAT(dump.lines, HasSubstr(R"("body_sha256":"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad","body_bytes":3})"));
}

TEST(DumpHttp1, IsTheSameHoweverTheBytesAreCut) {
  for (std::size_t chunk = 1; chunk < two_messages.size() + 2; ++chunk)
    EXPECT_EQ(dump_http1(two_messages, chunk).lines, dump_http1(two_messages, 0).lines) << chunk;
}

TEST(DumpHttp1, EndsAtTheFirstFault) {
  const Http1Dump dump =
      dump_http1("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost : a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 0);
  EXPECT_FALSE(dump.well_formed);
  EXPECT_THAT(dump.lines, EndsWith("\"status\":400}\n"));
}

TEST(DumpHttp1, SaysThatAMessageIsCutOff) {
  const Http1Dump dump = dump_http1("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nabc", 0);
  EXPECT_FALSE(dump.well_formed);
  EXPECT_THAT(dump.lines, HasSubstr("incomplete"));
}

TEST(DumpHttp1, MakesNothingOfNothing) {
  EXPECT_TRUE(dump_http1("", 0).well_formed);
  EXPECT_EQ(dump_http1("", 0).lines, "");
}

}  // namespace
}  // namespace gatehouse::wire
