// Clients that leave while a handler works for them.
#include <gmock/gmock.h>

#include "test_house.h"

namespace gatehouse::net {
namespace {

using ::testing::EndsWith;

TEST(Departure, ByFinIsSeenWithinATickAndTold) {
  int calls = 0;
  House house;
  Client& client = house.say(get("/held/a"));
  Exchange& exchange = house.held("/held/a");
  exchange.watch(0, [&] { ++calls; });
  house.pass(seconds(1));
  EXPECT_FALSE(exchange.gone());
  EXPECT_EQ(calls, 0);
  client.finish();
  house.pass(Reactor::tick_interval);
  EXPECT_TRUE(exchange.gone());
  house.pass(seconds(1));
  EXPECT_EQ(calls, 1);
  house.let_go("/held/a");
  ASSERT_TRUE(house.ends(client));
  EXPECT_EQ(client.received, "");
}

TEST(Departure, ByResetIsSeenWithinATickAndTold) {
  int calls = 0;
  House house;
  Client& client = house.say(get("/held/a"));
  Exchange& exchange = house.held("/held/a");
  exchange.watch(0, [&] { ++calls; });
  client.reset();
  house.pass(Reactor::tick_interval);
  EXPECT_TRUE(exchange.gone());
  EXPECT_EQ(calls, 1);
  house.let_go("/held/a");
  EXPECT_TRUE(house.until([&] { return house.open() == 0; }));
}

TEST(Departure, IsSeenBehindBytesThatNobodyReads) {
  House house;
  Client& client = house.say(get("/held/a") + get("/hello"));
  Exchange& exchange = house.held("/held/a");
  client.send(std::string(100, 'x'));
  client.finish();
  house.pass(Reactor::tick_interval);
  EXPECT_TRUE(exchange.gone());
}

TEST(Departure, IsToldToAWatchThatComesLater) {
  int calls = 0;
  House house;
  Client& client = house.say(get("/held/a"));
  Exchange& exchange = house.held("/held/a");
  client.finish();
  house.pass(Reactor::tick_interval);
  ASSERT_TRUE(exchange.gone());
  exchange.watch(0, [&] { ++calls; });
  EXPECT_EQ(calls, 0);  // never from inside a call
  house.settle();
  EXPECT_EQ(calls, 1);
}

TEST(Departure, MayEndItsWatchFromInsideIt) {
  House house;
  Client& client = house.say(get("/held/a"));
  Exchange& exchange = house.held("/held/a");
  auto calls = std::make_shared<int>(0);
  exchange.watch(0, [&exchange, calls] {
    exchange.watch(0, {});
    ++*calls;
  });
  client.finish();
  house.pass(seconds(1));
  EXPECT_EQ(*calls, 1);
  EXPECT_EQ(calls.use_count(), 1);
}

TEST(Departure, OfAClientThatOnlyFinishedStillLetsItReadItsAnswer) {
  House house;
  Client& client = house.say(get("/held/a"));
  Exchange& exchange = house.held("/held/a");
  client.finish();
  house.pass(Reactor::tick_interval);
  ASSERT_TRUE(exchange.gone());
  exchange.respond(TestHandler::text(200, "all the same"));
  house.let_go("/held/a");
  ASSERT_TRUE(house.ends(client));
  EXPECT_THAT(client.received, EndsWith("all the same"));
}

TEST(Departure, InTheMiddleOfAStreamIsSeenByTheWriteToo) {
  int calls = 0;
  House house;
  Client& client = house.say(get("/held/a"));
  Exchange& exchange = house.held("/held/a");
  exchange.begin_stream(Response(200));
  ASSERT_TRUE(house.hears(client, "\r\n\r\n"));
  exchange.watch(0, [&] { ++calls; });
  client.reset();
  ASSERT_TRUE(house.until([&] {
    exchange.send("is anybody there? ");
    return exchange.gone();
  }));
  house.settle();
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(exchange.unsent(), 0U);
  exchange.send("nobody");
  exchange.end_stream();
  EXPECT_EQ(exchange.unsent(), 0U);
  house.let_go("/held/a");
  EXPECT_TRUE(house.until([&] { return house.open() == 0; }));
}

TEST(Departure, InTheMiddleOfAHeadEndsTheConnectionWithoutAWord) {
  House house;
  Client& client = house.say("GET /hel");
  house.settle();
  client.finish();
  ASSERT_TRUE(house.ends(client));
  EXPECT_EQ(client.received, "");
  EXPECT_EQ(house.open(), 0U);
}

}  // namespace
}  // namespace gatehouse::net
