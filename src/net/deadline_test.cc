// How long a connection is waited for, by a clock that the test moves.
#include <gmock/gmock.h>

#include "test_house.h"

namespace gatehouse::net {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

// Everything that has come is taken before time passes, so that the phase under test has begun.
bool settled_at(House& house, std::uint64_t connections) {
  return house.until([&] { return house.open() == connections; }) && (house.settle(), true);
}

TEST(HeadDeadline, AnswersAHeadThatDoesNotComeToItsEnd) {
  House house;
  Client& client = house.say("GET /hello HTTP/1.1\r\nHost:");
  ASSERT_TRUE(settled_at(house, 1));
  house.pass(seconds(10) - two_ticks);
  EXPECT_EQ(client.received, "");
  house.pass(2 * two_ticks);
  ASSERT_TRUE(house.ends(client));
  EXPECT_THAT(client.received, StartsWith("HTTP/1.1 408 Request Timeout\r\n"));
  EXPECT_THAT(client.received, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(client.received, EndsWith("request_timeout"));
}

TEST(HeadDeadline, IsNotMovedByAByteNowAndThen) {
  House house;
  Client& client = house.say("GET /");
  ASSERT_TRUE(settled_at(house, 1));
  for (int i = 0; i < 11; ++i) {
    client.send("a");
    house.settle();
    house.pass(seconds(1));
  }
  ASSERT_TRUE(house.ends(client));
  EXPECT_THAT(client.received, StartsWith("HTTP/1.1 408 "));
}

TEST(HeadDeadline, EndsAConnectionThatNeverSaysAnythingWithoutAWord) {
  House house;
  Client& client = house.connect();
  ASSERT_TRUE(settled_at(house, 1));
  house.pass(seconds(10) - two_ticks);
  EXPECT_EQ(house.open(), 1U);
  house.pass(2 * two_ticks);
  ASSERT_TRUE(house.ends(client));
  EXPECT_EQ(client.received, "");
  EXPECT_EQ(house.open(), 0U);
}

TEST(HeadDeadline, BeginsAnewWithTheFirstByteOfALaterHead) {
  House house;
  Client& client = house.say(get("/hello"));
  ASSERT_TRUE(house.hears(client, "hello"));
  house.pass(seconds(50));
  client.send("GET /hel");
  house.settle();
  house.pass(seconds(10) - two_ticks);
  EXPECT_FALSE(client.ended);
  client.send("lo HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(house.hears_times(client, "hello", 2));
  client.send("GET");
  house.settle();
  house.pass(seconds(10) + two_ticks);
  ASSERT_TRUE(house.ends(client));
  EXPECT_EQ(client.count("HTTP/1.1 408 "), 1U);
}

TEST(IdleDeadline, EndsAConnectionWithoutAWord) {
  House house;
  Client& client = house.say(get("/hello"));
  ASSERT_TRUE(house.hears(client, "hello"));
  const std::string before = client.received;
  house.pass(seconds(60) - two_ticks);
  EXPECT_FALSE(client.ended);
  house.pass(2 * two_ticks);
  ASSERT_TRUE(house.ends(client));
  EXPECT_EQ(client.received, before);
}

TEST(IdleDeadline, IsNotMovedByAnEmptyLine) {
  House house;
  Client& client = house.say(get("/hello"));
  ASSERT_TRUE(house.hears(client, "hello"));
  house.pass(seconds(55));
  client.send("\r\n");
  house.settle();
  house.pass(seconds(5) + two_ticks);
  ASSERT_TRUE(house.ends(client));
}

TEST(IdleDeadline, DoesNotRunWhileAHandlerWorks) {
  House house;
  Client& client = house.say(get("/held/long"));
  Exchange& exchange = house.held("/held/long");
  house.pass(seconds(300));
  EXPECT_FALSE(exchange.gone());
  exchange.respond(TestHandler::text(200, "done"));
  house.let_go("/held/long");
  ASSERT_TRUE(house.hears(client, "done"));
  EXPECT_FALSE(client.ended);
}

TEST(BodyDeadline, RefusesABodyThatDoesNotCome) {
  House house;
  Client& client = house.say("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc");
  ASSERT_TRUE(settled_at(house, 1));
  house.pass(seconds(10) - two_ticks);
  EXPECT_THAT(house.handler.body_errors, IsEmpty());
  house.pass(2 * two_ticks);
  ASSERT_TRUE(house.ends(client));
  EXPECT_THAT(house.handler.body_errors, ElementsAre("request_timeout"));
  EXPECT_THAT(client.received, StartsWith("HTTP/1.1 408 "));
  EXPECT_THAT(client.received, HasSubstr("Connection: close\r\n"));
}

// 1024 bytes a second on average are enough, half of it is not.
TEST(BodyDeadline, LeavesTimeToABodyThatKeepsUpTheRate) {
  House house;
  Client& client = house.say("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 40960\r\n\r\n");
  ASSERT_TRUE(settled_at(house, 1));
  for (int i = 0; i < 40; ++i) {
    client.send(std::string(1024, 'x'));
    house.settle();
    house.pass(seconds(1));
  }
  ASSERT_TRUE(house.hears(client, "HTTP/1.1 200 OK"));
}

TEST(BodyDeadline, RefusesABodyBelowTheRate) {
  House house;
  Client& client = house.say("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 40960\r\n\r\n");
  ASSERT_TRUE(settled_at(house, 1));
  int sent = 0;
  for (; sent < 40 && house.handler.body_errors.empty(); ++sent) {
    client.send(std::string(512, 'x'));
    house.settle();
    house.pass(seconds(1));
  }
  EXPECT_GE(sent, 18);  // the ten seconds of grace last for twice as long at half the rate
  EXPECT_LE(sent, 22);
  EXPECT_THAT(house.handler.body_errors, ElementsAre("request_timeout"));
}

// What came quickly is memory that is held: the time that it has saved is not time to be silent for.
TEST(BodyDeadline, RefusesABodyThatStallsAfterAQuickBeginning) {
  House house;
  Client& client = house.say("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 65536\r\n\r\n");
  ASSERT_TRUE(settled_at(house, 1));
  client.send(std::string(65000, 'x'));
  house.settle();
  house.pass(seconds(29));
  EXPECT_THAT(house.handler.body_errors, IsEmpty());
  client.send("x");
  house.settle();
  house.pass(seconds(29));
  EXPECT_THAT(house.handler.body_errors, IsEmpty()) << "a byte has come meanwhile";
  house.pass(seconds(1) + 2 * two_ticks);
  ASSERT_TRUE(house.ends(client));
  EXPECT_THAT(house.handler.body_errors, ElementsAre("request_timeout"));
}

TEST(BodyDeadline, HoldsForABodyThatNobodyReads) {
  House house;
  Client& client = house.say("POST /ignore HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc");
  ASSERT_TRUE(house.hears(client, "ignored"));
  house.pass(seconds(10) - two_ticks);
  EXPECT_FALSE(client.ended);
  house.pass(2 * two_ticks);
  ASSERT_TRUE(house.ends(client));
  EXPECT_EQ(client.count("HTTP/1.1"), 1U);
}

TEST(WriteStall, BreaksOffAnAnswerThatNobodyTakes) {
  House house;
  Client& client = house.say(get("/held/big"));
  client.reading = false;
  Exchange& exchange = house.held("/held/big");
  exchange.respond(TestHandler::text(200, std::string(32 << 20, 'x')));
  house.settle();
  ASSERT_GT(exchange.unsent(), 0U);
  house.let_go("/held/big");
  house.pass(seconds(30) - two_ticks);
  EXPECT_EQ(house.open(), 1U);
  EXPECT_TRUE(house.passing(seconds(30), [&] { return house.open() == 0; }));
  client.reading = true;
  EXPECT_TRUE(house.breaks(client));
}

TEST(WriteStall, IsMovedByEveryByteTaken) {
  House house;
  Client& client = house.say(get("/held/big"));
  client.reading = false;
  const std::string big(48 << 20, 'x');
  Exchange& exchange = house.held("/held/big");
  exchange.respond(TestHandler::text(200, big));
  house.let_go("/held/big");
  house.settle();
  for (int i = 0; i < 3; ++i) {
    house.pass(seconds(25));
    const std::size_t target = client.received.size() + (8 << 20);
    client.reading = true;
    ASSERT_TRUE(house.until([&] { return client.received.size() >= target; }));
    client.reading = false;
    house.settle();
  }
  client.reading = true;
  ASSERT_TRUE(house.until([&] { return client.received.size() > big.size(); }));
  EXPECT_TRUE(client.received.ends_with("xxx"));
}

TEST(WriteStall, HoldsForARefusalToo) {
  House house;
  house.handler.refusal_size = 32 << 20;
  Client& client = house.say("GET /hel");
  client.reading = false;
  ASSERT_TRUE(settled_at(house, 1));
  house.pass(seconds(10) + two_ticks);
  ASSERT_THAT(house.handler.refused, ElementsAre("request_timeout"));
  house.pass(seconds(29));
  EXPECT_EQ(house.open(), 1U);
  EXPECT_TRUE(house.passing(seconds(30), [&] { return house.open() == 0; }));
}

TEST(Lingering, LastsUntilTheClientGoesOrTimeIsUp) {
  House house;
  Client& polite = house.say("nonsense\r\n\r\n");
  Client& stubborn = house.say("nonsense\r\n\r\n");
  ASSERT_TRUE(house.ends(polite));
  ASSERT_TRUE(house.ends(stubborn));
  EXPECT_EQ(house.open(), 2U);
  polite.finish();
  EXPECT_TRUE(house.until([&] { return house.open() == 1; }));
  for (int i = 0; i < 4; ++i) {
    stubborn.send("more");
    house.settle();
    house.pass(seconds(1));
  }
  EXPECT_EQ(house.open(), 1U);
  house.pass(seconds(1) + two_ticks);
  EXPECT_EQ(house.open(), 0U);
}

}  // namespace
}  // namespace gatehouse::net
