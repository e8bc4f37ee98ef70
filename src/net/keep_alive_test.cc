// Which connection goes on to a next request, and in which order answers come.
#include <gmock/gmock.h>

#include "test_house.h"

namespace gatehouse::net {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST(KeepAlive, ServesOneRequestAfterAnotherOnOneConnection) {
  House house;
  Client& client = house.say(get("/hello"));
  ASSERT_TRUE(house.hears(client, "hello"));
  EXPECT_THAT(client.received, StartsWith("HTTP/1.1 200 OK\r\nServer: gatehouse\r\nDate: Tue, 14 Nov 2023 22:13:20 GMT\r\n"));
  EXPECT_THAT(client.received, EndsWith("Content-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"));
  EXPECT_THAT(client.received, Not(HasSubstr("Connection:")));
  client.send(get("/hello"));
  ASSERT_TRUE(house.hears_times(client, "hello", 2));
  EXPECT_FALSE(client.ended);
  EXPECT_EQ(house.server.counts().accepted, 1U);
  EXPECT_EQ(house.server.counts().requests, 2U);
}

TEST(KeepAlive, EndsWhereTheClientSaysClose) {
  House house;
  Client& client = house.say(get("/hello", "Connection: close\r\n"));
  ASSERT_TRUE(house.ends(client));
  EXPECT_THAT(client.received, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(client.received, EndsWith("\r\n\r\nhello"));
  EXPECT_EQ(house.open(), 0U);
}

TEST(KeepAlive, EndsWhereTheHandlerSaysClose) {
  House house;
  Client& client = house.say(get("/close"));
  ASSERT_TRUE(house.ends(client));
  EXPECT_THAT(client.received, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(client.received, EndsWith("bye"));
}

TEST(KeepAlive, IsTheExceptionOnHttp10) {
  House house;
  Client& plain = house.say("GET /hello HTTP/1.0\r\n\r\n");
  ASSERT_TRUE(house.ends(plain));
  EXPECT_THAT(plain.received, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(plain.received, HasSubstr("Connection: close\r\n"));
  Client& keeping = house.say("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  ASSERT_TRUE(house.hears(keeping, "hello"));
  EXPECT_THAT(keeping.received, HasSubstr("Connection: keep-alive\r\n"));
  keeping.send("GET /hello HTTP/1.0\r\n\r\n");
  ASSERT_TRUE(house.ends(keeping));
  EXPECT_EQ(keeping.count("hello"), 2U);
}

TEST(KeepAlive, TakesTheEndOfTheClientBetweenTwoRequestsAsTheEnd) {
  House house;
  Client& client = house.say(get("/hello"));
  ASSERT_TRUE(house.hears(client, "hello"));
  client.finish();
  ASSERT_TRUE(house.ends(client));
  EXPECT_EQ(house.open(), 0U);
}

TEST(Pipelining, AnswersInOrderWhatCameInOneSegment) {
  House house;
  Client& client = house.say(post("/echo", "one") + get("/hello") + post("/echo", "three") + get("/close"));
  ASSERT_TRUE(house.ends(client));
  EXPECT_EQ(client.count("HTTP/1.1 200 OK\r\n"), 4U);
  const std::string& all = client.received;
  EXPECT_LT(all.find("\r\n\r\none"), all.find("\r\n\r\nhello"));
  EXPECT_LT(all.find("\r\n\r\nhello"), all.find("\r\n\r\nthree"));
  EXPECT_LT(all.find("\r\n\r\nthree"), all.find("\r\n\r\nbye"));
}

TEST(Pipelining, KeepsTheOrderWhereTheFirstIsSlow) {
  House house;
  Client& client = house.say(get("/held/slow") + get("/hello") + get("/hello"));
  Exchange& slow = house.held("/held/slow");
  house.settle();
  EXPECT_THAT(house.handler.seen, ElementsAre("/held/slow"));
  EXPECT_EQ(client.received, "");
  slow.respond(TestHandler::text(200, "at last"));
  house.let_go("/held/slow");
  ASSERT_TRUE(house.hears_times(client, "hello", 2));
  EXPECT_LT(client.received.find("at last"), client.received.find("hello"));
}

TEST(Pipelining, TakesManyMoreRequestsThanItHoldsAtOnce) {
  House house;
  std::string many;
  for (int i = 0; i < 6000; ++i) many += get("/hello");
  ASSERT_GT(many.size(), 2 * 64 * 1024U);
  Client& client = house.say(many + get("/close"));
  ASSERT_TRUE(house.ends(client));
  EXPECT_EQ(client.count("hello"), 6000U);
}

TEST(Pipelining, IgnoresWhatComesBehindARequestThatCloses) {
  House house;
  Client& client = house.say(get("/close") + get("/hello"));
  ASSERT_TRUE(house.ends(client));
  EXPECT_THAT(house.handler.seen, ElementsAre("/close"));
  client.finish();
  EXPECT_TRUE(house.until([&] { return house.open() == 0; }));
}

TEST(Pipelining, MayBeCutAnywhere) {
  const std::string bytes = post("/echo", "body") + get("/hello") + get("/close");
  House house;
  Client& client = house.connect();
  for (const char c : bytes) {
    client.send(std::string_view(&c, 1));
    house.settle();
  }
  ASSERT_TRUE(house.ends(client));
  EXPECT_EQ(client.count("HTTP/1.1 200 OK\r\n"), 3U);
  EXPECT_THAT(house.handler.bodies, ElementsAre("body"));
}

TEST(HeadMethod, GetsTheLengthWithoutTheBody) {
  House house;
  Client& client = house.say("HEAD /hello HTTP/1.1\r\nHost: x\r\n\r\n" + get("/close"));
  ASSERT_TRUE(house.ends(client));
  EXPECT_THAT(client.received, HasSubstr("Content-Length: 5\r\n\r\nHTTP/1.1 200 OK\r\n"));
  EXPECT_EQ(client.count("hello"), 0U);
}

TEST(Handler, ThatThrowsGetsA500AndAClosedConnection) {
  House house;
  Client& client = house.say(get("/throw") + get("/hello"));
  ASSERT_TRUE(house.ends(client));
  EXPECT_THAT(client.received, StartsWith("HTTP/1.1 500 Internal Server Error\r\n"));
  EXPECT_THAT(client.received, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(house.handler.seen, ElementsAre("/throw"));
  EXPECT_EQ(house.server.counts().escaped_exceptions, 1U);
}

TEST(Handler, ThatThrowsBehindItsAnswerEndsTheConnection) {
  House house;
  Client& client = house.say(get("/late-throw") + get("/hello"));
  ASSERT_TRUE(house.ends(client));
  EXPECT_THAT(client.received, EndsWith("answered"));
  EXPECT_EQ(client.count("HTTP/1.1"), 1U);
  EXPECT_EQ(house.server.counts().escaped_exceptions, 1U);
}

TEST(Handler, ThatCannotEvenRefuseLosesOneConnection) {
  House house;
  house.handler.refusals_throw = true;
  Client& throwing = house.say(get("/throw"));
  Client& malformed = house.say("nonsense\r\n\r\n");
  ASSERT_TRUE(house.ends(throwing));
  ASSERT_TRUE(house.ends(malformed));
  EXPECT_EQ(house.reactor.escaped(), 2U);
  EXPECT_EQ(house.open(), 0U);
  Client& other = house.say(get("/hello"));
  EXPECT_TRUE(house.hears(other, "hello"));
}

TEST(Handler, ThatDoesNotAnswerGetsA500AndAClosedConnection) {
  House house;
  Client& client = house.say(get("/nothing"));
  ASSERT_TRUE(house.ends(client));
  EXPECT_THAT(client.received, StartsWith("HTTP/1.1 500 "));
  EXPECT_THAT(house.handler.refused, ElementsAre("no_answer"));
}

TEST(Handler, CannotAnswerWithWhatIsNoFinalStatus) {
  EXPECT_THROW(Response(100), BrokenInvariant);
  EXPECT_THROW(Response(600), BrokenInvariant);
  EXPECT_EQ(Response(599).status(), 599);
}

TEST(Handler, CannotAnswerTwice) {
  House house;
  Client& client = house.say(get("/held/twice"));
  Exchange& exchange = house.held("/held/twice");
  exchange.respond(TestHandler::text(200, "once"));
  EXPECT_THROW(exchange.respond(TestHandler::text(200, "twice")), BrokenInvariant);
  EXPECT_THROW(exchange.begin_stream(Response(200)), BrokenInvariant);
  house.let_go("/held/twice");
  ASSERT_TRUE(house.hears(client, "once"));
  EXPECT_EQ(client.count("twice"), 0U);
}

TEST(Exchange, KnowsItsClientAndItsTime) {
  House house;
  house.pass(seconds(5));
  house.say(get("/held/a?q=1"));
  const Exchange& exchange = house.held("/held/a");
  EXPECT_EQ(exchange.client_address(), "127.0.0.1");
  EXPECT_EQ(exchange.started(), house.clock.now());
  EXPECT_EQ(exchange.head().query, "q=1");
  EXPECT_FALSE(exchange.gone());
  EXPECT_EQ(exchange.unsent(), 0U);
}

TEST(Exchange, CountsTheBytesOfItsOwnAnswer) {
  House house;
  Client& client = house.say(get("/hello") + get("/held/a"));
  Exchange& exchange = house.held("/held/a");
  EXPECT_EQ(exchange.bytes_sent(), 0U);
  ASSERT_TRUE(house.hears(client, "hello"));
  const std::size_t before = client.received.size();
  exchange.respond(TestHandler::text(200, "counted"));
  ASSERT_TRUE(house.hears(client, "counted"));
  EXPECT_EQ(exchange.bytes_sent(), client.received.size() - before);
}

TEST(Exchange, AnswersOfOneTurnLeaveTogether) {
  House house;
  Client& one = house.say(get("/held/a"));
  Client& other = house.say(get("/held/b"));
  Exchange &first = house.held("/held/a"), &second = house.held("/held/b");
  first.respond(TestHandler::text(200, "first"));
  second.respond(TestHandler::text(200, "second"));
  EXPECT_GT(first.unsent(), 0U) << "until both are there";
  EXPECT_GT(second.unsent(), 0U);
  EXPECT_EQ(first.bytes_sent(), first.unsent()) << "it counts all the same";
  ASSERT_TRUE(house.hears(one, "first"));
  ASSERT_TRUE(house.hears(other, "second"));
  EXPECT_EQ(first.unsent(), 0U);
}

TEST(Exchange, HasTheDateOfItsAnswerAndNotOfItsRequest) {
  House house;
  Client& client = house.say(get("/hello") + get("/held/a"));
  Exchange& exchange = house.held("/held/a");
  ASSERT_TRUE(house.hears(client, "Date: Tue, 14 Nov 2023 22:13:20 GMT\r\n"));
  house.pass(seconds(40));
  exchange.respond(TestHandler::text(200, "later"));
  house.let_go("/held/a");
  ASSERT_TRUE(house.hears(client, "later"));
  EXPECT_THAT(client.received, HasSubstr("Date: Tue, 14 Nov 2023 22:14:00 GMT\r\n"));
}

}  // namespace
}  // namespace gatehouse::net
