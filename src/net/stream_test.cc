// Streamed answers: their form, their end, and what happens when the client is slower than the handler.
#include <gmock/gmock.h>

#include "test_house.h"

namespace gatehouse::net {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr std::size_t mebibyte = 1 << 20;

Response events(std::string first = "") { return TestHandler::text(200, std::move(first)); }

// Streams until the kernel takes no more: what is unsent then waits for the client. The handler goes on in a new turn
// after each piece, as one that waits for its model does.
void fill(House& house, Exchange& exchange, std::size_t unsent) {
  const std::string piece(64 * 1024, 'x');
  while (exchange.unsent() < unsent && !exchange.gone()) {
    exchange.send(piece);
    house.settle();
  }
}

TEST(Stream, IsChunkedAndTheConnectionGoesOn) {
  House house;
  Client& client = house.say(get("/held/s"));
  Exchange& exchange = house.held("/held/s");
  exchange.begin_stream(events("first"));
  ASSERT_TRUE(house.hears(client, "5\r\nfirst\r\n"));
  EXPECT_THAT(client.received, HasSubstr("Transfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n"));
  EXPECT_THAT(client.received, Not(HasSubstr("Content-Length")));
  exchange.send("0123456789abcdef");
  exchange.send("");
  ASSERT_TRUE(house.hears(client, "10\r\n0123456789abcdef\r\n"));
  exchange.end_stream();
  house.let_go("/held/s");
  ASSERT_TRUE(house.hears(client, "0\r\n\r\n"));
  client.send(get("/hello"));
  ASSERT_TRUE(house.hears(client, "\r\n\r\nhello"));
}

TEST(Stream, LeavesAtOnceWithoutWaitingForItsEnd) {
  House house;
  Client& client = house.say(get("/held/s"));
  house.held("/held/s").begin_stream(events());
  ASSERT_TRUE(house.hears(client, "\r\n\r\n"));
  EXPECT_THAT(client.received, EndsWith("Transfer-Encoding: chunked\r\n\r\n"));
}

TEST(Stream, LastsUntilTheEndOfTheConnectionOnHttp10) {
  House house;
  Client& client = house.say("GET /held/s HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  Exchange& exchange = house.held("/held/s");
  exchange.begin_stream(events("first "));
  exchange.send("second");
  exchange.end_stream();
  house.let_go("/held/s");
  ASSERT_TRUE(house.ends(client));
  EXPECT_THAT(client.received, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(client.received, Not(HasSubstr("Transfer-Encoding")));
  EXPECT_THAT(client.received, EndsWith("\r\n\r\nfirst second"));
}

TEST(Stream, SendsNoBodyToHead) {
  House house;
  Client& client = house.say("HEAD /held/s HTTP/1.1\r\nHost: x\r\n\r\n");
  Exchange& exchange = house.held("/held/s");
  exchange.begin_stream(events("first"));
  exchange.send("second");
  exchange.end_stream();
  house.let_go("/held/s");
  client.send(get("/close"));
  ASSERT_TRUE(house.ends(client));
  EXPECT_THAT(client.received, HasSubstr("Transfer-Encoding: chunked\r\n\r\nHTTP/1.1 200 OK\r\n"));
}

TEST(Stream, OfAnAnswerWithoutABodyIsNotChunked) {
  House house;
  Client& client = house.say(get("/held/s"));
  Exchange& exchange = house.held("/held/s");
  exchange.begin_stream(Response(204));
  exchange.send("nothing may follow");
  exchange.end_stream();
  house.let_go("/held/s");
  client.send(get("/close"));
  ASSERT_TRUE(house.ends(client));
  EXPECT_THAT(client.received, StartsWith("HTTP/1.1 204 No Content\r\n"));
  EXPECT_EQ(client.count("Transfer-Encoding"), 0U);
  EXPECT_EQ(client.count("nothing"), 0U);
}

TEST(AbortedStream, ShowsWhatWasQueuedAndThenBreaksInTheMiddle) {
  House house;
  Client& client = house.say(get("/held/s"));
  Exchange& exchange = house.held("/held/s");
  exchange.begin_stream(events("first"));
  exchange.abort_stream();
  exchange.send("too late");
  exchange.end_stream();
  house.let_go("/held/s");
  ASSERT_TRUE(house.ends(client));
  EXPECT_THAT(client.received, EndsWith("\r\n\r\n5\r\nfirst\r\n"));
}

TEST(AbortedStream, IsAResetWhereAnEndWouldLookWhole) {
  House house;
  Client& client = house.say("GET /held/s HTTP/1.0\r\n\r\n");
  Exchange& exchange = house.held("/held/s");
  exchange.begin_stream(events("first"));
  ASSERT_TRUE(house.hears(client, "first"));
  exchange.abort_stream();
  house.let_go("/held/s");
  ASSERT_TRUE(house.breaks(client));
  EXPECT_FALSE(client.ended);
}

TEST(AbortedStream, IsWhatAHandlerLeavesThatReturnsInTheMiddle) {
  House house;
  Client& client = house.say(get("/held/s") + get("/hello"));
  house.held("/held/s").begin_stream(events("first"));
  house.let_go("/held/s");
  ASSERT_TRUE(house.ends(client));
  EXPECT_THAT(client.received, EndsWith("\r\n\r\n5\r\nfirst\r\n"));
}

TEST(AbortedStream, ThatNeverBeganEndsWithoutAWord) {
  House house;
  Client& client = house.say(get("/held/s"));
  house.held("/held/s").abort_stream();
  house.let_go("/held/s");
  ASSERT_TRUE(house.ends(client));
  EXPECT_EQ(client.received, "");
}

TEST(AbortedStream, IsNoneOnceTheAnswerIsWhole) {
  House house;
  Client& client = house.say(get("/held/s"));
  Exchange& exchange = house.held("/held/s");
  exchange.respond(TestHandler::text(200, "whole"));
  exchange.abort_stream();
  house.let_go("/held/s");
  ASSERT_TRUE(house.hears(client, "whole"));
  client.send(get("/hello"));
  EXPECT_TRUE(house.hears(client, "hello"));
}

// The kernel may take more while a queue fills, and the watch then rightly tells of it: what is counted begins when it is full.
TEST(BackPressure, ShowsInUnsentAndIsOverWhenTheClientReads) {
  int calls = 0;
  House house;
  Client& client = house.say(get("/held/s"));
  client.reading = false;
  Exchange& exchange = house.held("/held/s");
  exchange.begin_stream(events());
  exchange.watch(mebibyte / 4, [&] {
    ++calls;
    EXPECT_LT(exchange.unsent(), mebibyte / 4);
  });
  fill(house, exchange, mebibyte / 2);
  const int before = calls;
  EXPECT_LE(exchange.last_drained(), house.clock.now());
  client.reading = true;
  ASSERT_TRUE(house.until([&] { return exchange.unsent() == 0; }));
  house.settle();
  EXPECT_EQ(calls, before + 1);
  EXPECT_FALSE(exchange.gone());
  exchange.end_stream();
  house.let_go("/held/s");
  EXPECT_TRUE(house.hears(client, "\r\n0\r\n\r\n"));
}

TEST(BackPressure, IsToldAboutEachTimeAnew) {
  int calls = 0;
  House house;
  Client& client = house.say(get("/held/s"));
  Exchange& exchange = house.held("/held/s");
  exchange.begin_stream(events());
  exchange.watch(mebibyte / 4, [&] { ++calls; });
  for (int round = 1; round <= 3; ++round) {
    client.reading = false;
    fill(house, exchange, mebibyte / 2);
    const int before = calls;
    client.reading = true;
    ASSERT_TRUE(house.until([&] { return exchange.unsent() == 0; }));
    house.settle();
    EXPECT_EQ(calls, before + 1) << round;
  }
}

TEST(BackPressure, IsToldToAWatchThatBeginsInTheMiddle) {
  int calls = 0;
  House house;
  Client& client = house.say(get("/held/s"));
  client.reading = false;
  Exchange& exchange = house.held("/held/s");
  exchange.begin_stream(events());
  fill(house, exchange, mebibyte / 2);
  exchange.watch(mebibyte / 4, [&] { ++calls; });
  client.reading = true;
  ASSERT_TRUE(house.until([&] { return exchange.unsent() == 0; }));
  house.settle();
  EXPECT_EQ(calls, 1);
}

TEST(BackPressure, IsNotToldToAWatchThatHasEnded) {
  int calls = 0;
  House house;
  Client& client = house.say(get("/held/s"));
  client.reading = false;
  Exchange& exchange = house.held("/held/s");
  exchange.begin_stream(events());
  exchange.watch(mebibyte / 4, [&] { ++calls; });
  fill(house, exchange, mebibyte / 2);
  const int before = calls;
  exchange.watch(0, {});
  client.reading = true;
  ASSERT_TRUE(house.until([&] { return exchange.unsent() == 0; }));
  house.settle();
  EXPECT_EQ(calls, before);
}

TEST(BackPressure, TellsNothingToTheNextRequest) {
  int calls = 0;
  House house;
  Client& client = house.say(get("/held/a") + get("/held/b"));
  client.reading = false;
  Exchange& first = house.held("/held/a");
  first.begin_stream(events());
  first.watch(mebibyte / 4, [] {});
  fill(house, first, mebibyte / 2);
  first.end_stream();
  house.let_go("/held/a");
  client.reading = true;
  Exchange& second = house.held("/held/b");
  second.watch(mebibyte / 4, [&] { ++calls; });
  house.settle();
  EXPECT_EQ(calls, 0);
}

TEST(StreamBound, BreaksOffAHandlerThatFeedsOn) {
  int calls = 0;
  House house;
  Client& client = house.say(get("/held/s"));
  client.reading = false;
  Exchange& exchange = house.held("/held/s");
  exchange.begin_stream(events());
  exchange.watch(mebibyte / 2, [&] { ++calls; });
  fill(house, exchange, mebibyte + 1);
  EXPECT_FALSE(exchange.gone());
  const int before = calls;
  for (int i = 0; i < 1000 && !exchange.gone(); ++i) exchange.send(std::string(64 * 1024, 'x'));
  EXPECT_TRUE(exchange.gone());
  EXPECT_EQ(exchange.unsent(), 0U);
  EXPECT_EQ(calls, before);  // never from inside a call
  house.settle();
  EXPECT_EQ(calls, before + 1);
  client.reading = true;
  EXPECT_TRUE(house.breaks(client));
  house.let_go("/held/s");
  EXPECT_TRUE(house.until([&] { return house.open() == 0; }));
}

// What counts is what the client has not taken, not what a handler says in one go.
TEST(StreamBound, DoesNotBreakOffAHandlerThatSaysMuchInOneGo) {
  ServerLimits limits;
  limits.stream_unsent = 8 * 1024;
  House house(limits);
  Client& client = house.say(get("/held/s"));
  Exchange& exchange = house.held("/held/s");
  exchange.begin_stream(events());
  for (int i = 0; i < 40; ++i) exchange.send(std::string(1000, 'x'));
  EXPECT_FALSE(exchange.gone());
  exchange.end_stream();
  house.let_go("/held/s");
  ASSERT_TRUE(house.hears(client, "\r\n0\r\n\r\n"));
  EXPECT_EQ(client.count("\r\n3e8\r\n"), 40U);
}

TEST(WriteStall, OfAStreamTellsTheHandlerThatItsClientIsGone) {
  int calls = 0;
  House house;
  Client& client = house.say(get("/held/s"));
  client.reading = false;
  Exchange& exchange = house.held("/held/s");
  exchange.begin_stream(events());
  exchange.watch(0, [&] { ++calls; });
  fill(house, exchange, mebibyte / 2);
  EXPECT_TRUE(house.passing(seconds(60), [&] { return exchange.gone(); }));
  EXPECT_EQ(calls, 1);
  EXPECT_GE(house.clock.now() - exchange.last_drained(), seconds(30));
}

}  // namespace
}  // namespace gatehouse::net
