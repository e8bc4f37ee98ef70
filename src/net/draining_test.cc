// How a server stops: nobody new, everybody who is there to the end of what he asked, and in the end by force.
#include <gmock/gmock.h>

#include "test_house.h"

namespace gatehouse::net {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;

TEST(Draining, ClosesListenersAndIdleConnections) {
  House house;
  EXPECT_EQ(house.server.counts().listeners, 1U);
  Client& idle = house.say(get("/hello"));
  ASSERT_TRUE(house.hears(idle, "hello"));
  house.server.stop_accepting();
  ASSERT_TRUE(house.ends(idle));
  EXPECT_EQ(house.server.counts().listeners, 0U);
  EXPECT_EQ(house.open(), 0U);
  EXPECT_THROW(house.connect(), std::runtime_error);
}

TEST(Draining, ServesWhoIsQueuedAndSaysClose) {
  House house;
  Client& queued = house.connect();
  Client& silent = house.connect();
  queued.send(get("/hello"));
  house.server.stop_accepting();
  ASSERT_TRUE(house.ends(queued));
  EXPECT_THAT(queued.received, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(queued.received, EndsWith("hello"));
  EXPECT_FALSE(silent.ended);
  EXPECT_EQ(house.server.counts().accepted, 2U);
}

TEST(Draining, WaitsASecondForAConnectionThatHasSaidNothingYet) {
  House house;
  Client& late = house.connect();
  Client& silent = house.connect();
  ASSERT_TRUE(house.until([&] { return house.open() == 2; }));
  house.server.stop_accepting();
  house.pass(milliseconds(500));
  late.send(get("/hello"));
  ASSERT_TRUE(house.ends(late));
  EXPECT_THAT(late.received, EndsWith("hello"));
  EXPECT_FALSE(silent.ended);
  house.pass(milliseconds(500) + two_ticks);
  ASSERT_TRUE(house.ends(silent));
  EXPECT_EQ(silent.received, "");
}

TEST(Draining, LetsAHandlerFinishAndThenCloses) {
  House house;
  Client& client = house.say(get("/held/a") + get("/hello"));
  Exchange& exchange = house.held("/held/a");
  house.server.stop_accepting();
  house.pass(seconds(20));
  EXPECT_FALSE(exchange.gone());
  exchange.respond(TestHandler::text(200, "in peace"));
  house.let_go("/held/a");
  ASSERT_TRUE(house.ends(client));
  EXPECT_THAT(client.received, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(client.received, EndsWith("in peace"));
  EXPECT_THAT(house.handler.seen, ElementsAre("/held/a"));
}

// Its head had promised to keep the connection: it goes all the same, at the end of the stream.
TEST(Draining, ClosesBehindAStreamThatBeganBefore) {
  House house;
  Client& client = house.say(get("/held/a"));
  Exchange& exchange = house.held("/held/a");
  exchange.begin_stream(TestHandler::text(200, "long"));
  ASSERT_TRUE(house.hears(client, "long"));
  house.server.stop_accepting();
  house.pass(seconds(1));
  exchange.end_stream();
  house.let_go("/held/a");
  ASSERT_TRUE(house.hears(client, "\r\n0\r\n\r\n"));
  house.settle();
  EXPECT_TRUE(house.ends(client));
  EXPECT_EQ(house.open(), 0U);
}

TEST(Draining, ServesWhatWasAskedBehindAStreamThatBeganBefore) {
  House house;
  Client& client = house.say(get("/held/a"));
  Exchange& exchange = house.held("/held/a");
  exchange.begin_stream(TestHandler::text(200, "long"));
  client.send(get("/hello"));
  house.server.stop_accepting();
  house.settle();
  exchange.end_stream();
  house.let_go("/held/a");
  ASSERT_TRUE(house.ends(client));
  EXPECT_THAT(client.received, EndsWith("\r\n\r\nhello"));
  EXPECT_EQ(client.count("Connection: close\r\n"), 1U);
}

TEST(Draining, ServesARequestThatHasBegunToCome) {
  House house;
  Client& client = house.say(get("/hello"));
  ASSERT_TRUE(house.hears(client, "hello"));
  client.send("GET /hel");
  house.settle();
  house.server.stop_accepting();
  house.pass(seconds(5));
  client.send("lo HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(house.ends(client));
  EXPECT_EQ(client.count("hello"), 2U);
}

TEST(CloseAll, EndsHandlersReadersAndIdlersAlike) {
  int calls = 0;
  House house;
  Client& held = house.say(get("/held/a"));
  Client& reading = house.say("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
  Client& idle = house.say(get("/hello"));
  Client& lingering = house.say("nonsense\r\n\r\n");
  Exchange& exchange = house.held("/held/a");
  ASSERT_TRUE(house.hears(idle, "hello"));
  ASSERT_TRUE(house.ends(lingering));
  ASSERT_EQ(house.open(), 4U);
  exchange.watch(0, [&] { ++calls; });
  house.server.close_all();
  EXPECT_TRUE(house.until([&] { return house.open() == 1; }));  // the handler holds its own
  EXPECT_TRUE(exchange.gone());
  EXPECT_EQ(calls, 1);
  EXPECT_THAT(house.handler.body_errors, ElementsAre("client_gone"));
  for (Client* client : {&held, &reading, &idle}) EXPECT_TRUE(house.breaks(*client));
  exchange.respond(TestHandler::text(200, "to nobody"));
  house.let_go("/held/a");
  EXPECT_TRUE(house.until([&] { return house.open() == 0; }));
}

TEST(CloseAll, MayComeTwiceAndBeforeAnythingRuns) {
  House house;
  house.server.close_all();
  house.server.stop_accepting();
  house.server.stop_accepting();
  house.server.close_all();
  house.settle();
  EXPECT_EQ(house.server.counts().listeners, 0U);
}

TEST(Server, MayGoBeforeItsReactorEverRan) {
  FakeClock clock;
  Reactor reactor(0, clock);
  TestHandler handler;
  {
    HttpServer server(ServerLimits(), handler, {Endpoint("127.0.0.1", 0)});
    ASSERT_TRUE(server.start({&reactor}));
  }
  EXPECT_GT(reactor.context().poll(), 0U);
}

}  // namespace
}  // namespace gatehouse::net
