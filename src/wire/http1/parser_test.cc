#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "http1/parse_cases.h"

namespace gatehouse::wire::http1 {
namespace {

using namespace std::string_literals;

TEST(Http1RequestLine, KeepAliveFollowsVersionAndConnection) {
  const struct {
    std::string input;
    bool keep_alive;
  } cases[] = {{get(""), true},
               {get("Connection: close\r\n"), false},
               {get("Connection: x, Close\r\n"), false},
               {get("Connection: keep-alive\r\n"), true},
               {"GET / HTTP/1.0\r\n\r\n", false},
               {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", true},
               {"GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", false}};
  for (const auto& c : cases) {
    const Outcome outcome = parse_all_ways(c.input);
    ASSERT_EQ(outcome.messages.size(), 1U) << c.input;
    EXPECT_EQ(outcome.messages[0].keep_alive, c.keep_alive) << c.input;
  }
}

TEST(Http1Parser, PipelinedMessagesComeInOrderAndAnErrorEndsThem) {
  const Outcome outcome = parse_all_ways(get("") + post("Content-Length: 3\r\n", "abc") + chunked("1\r\nx\r\n0\r\n\r\n") + "\r\n" +
                                         line("GET /4 HTTP/1.1") + "BAD\r\n\r\n" + get(""));
  ASSERT_EQ(outcome.messages.size(), 4U);
  EXPECT_EQ(outcome.messages[1].body, "abc");
  EXPECT_EQ(outcome.messages[2].body, "x");
  EXPECT_EQ(outcome.messages[3].target, "/4");
  EXPECT_EQ(outcome.reason, "malformed_request");
}

TEST(Http1Parser, TheHeadCanBeReadAfterALateError) {
  Http1Parser parser(Http1Limits{});
  ASSERT_FALSE(parser.take_head("GET /v1/models HTTP/1.1\r\nHost: a\r\nExpect: tea\r\n\r\n"));
  ASSERT_NE(parser.readable_head(), nullptr);
  EXPECT_EQ(parser.readable_head()->path, "/v1/models");
  parser.next();
  ASSERT_FALSE(parser.take_head("GET / HTTP/1.1\r\nHost: a\n"));
  EXPECT_EQ(parser.readable_head(), nullptr);
}

TEST(Http1Parser, EveryCutOfAPipelineGivesTheSame) {
  const std::string input = get("X: y\r\n") + post("Content-Length: 5\r\n", "hello") + "\r\n" +
                            chunked("2;a=b\r\nhi\r\n0\r\nY: z\r\n\r\n") + line("HEAD http://a?q HTTP/1.1") + line("GET /last HTTP/1.1") +
                            "GET / HTTP/1.1\r\nHost: a b\r\n\r\n";
  const Outcome whole = parse(input, input.size());
  ASSERT_EQ(whole.messages.size(), 5U);
  EXPECT_EQ(whole.reason, "bad_host");
  for (std::size_t piece = 1; piece < input.size(); ++piece) {
    const Outcome cut = parse(input, piece);
    ASSERT_EQ(cut.messages.size(), 5U) << piece;
    EXPECT_EQ(cut.reason, whole.reason) << piece;
    for (std::size_t i = 0; i < 5; ++i) {
      EXPECT_EQ(cut.messages[i].target, whole.messages[i].target) << piece;
      EXPECT_EQ(cut.messages[i].body, whole.messages[i].body) << piece;
    }
  }
}

TEST(Http1Parser, NothingOfOneMessageIsLeftForTheNext) {
  const Outcome outcome = parse_all_ways("GET http://a?b HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nConnection: x\r\n\r\n" +
                                         chunked("3\r\nabc\r\n0\r\n\r\n") + "GET /healthz HTTP/1.0\r\n\r\n" + get(""));
  ASSERT_EQ(outcome.messages.size(), 4U);
  EXPECT_EQ(outcome.messages[1].query, "");
  EXPECT_EQ(outcome.messages[2].body, "");
  EXPECT_EQ(outcome.messages[2].minor, 0);
  EXPECT_FALSE(outcome.messages[2].keep_alive);
  EXPECT_TRUE(outcome.messages[3].keep_alive);
}

}  // namespace
}  // namespace gatehouse::wire::http1
