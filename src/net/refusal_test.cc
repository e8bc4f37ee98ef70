// What becomes of bytes that are no request.
#include <gmock/gmock.h>

#include "test_house.h"

namespace gatehouse::net {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(Refusal, OfMalformedBytesIsAnsweredAndCanBeReadBehindAllThatIsStillSent) {
  House house;
  Client& client = house.say("GET / HTTP/1.1\r\nHost : x\r\n\r\n");
  for (int i = 0; i < 50; ++i) {
    client.send(std::string(10'000, 'x'));
    house.settle();
  }
  ASSERT_TRUE(house.ends(client));
  EXPECT_FALSE(client.broken);
  EXPECT_THAT(client.received, StartsWith("HTTP/1.1 400 Bad Request\r\n"));
  EXPECT_THAT(client.received, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(house.handler.refused, ElementsAre("malformed_request"));
  EXPECT_FALSE(house.handler.refused_head);
  EXPECT_EQ(house.handler.refused_from, "127.0.0.1");
  client.finish();
  EXPECT_TRUE(house.until([&] { return house.open() == 0; }));
}

TEST(Refusal, ComesBehindTheAnswersThatWereEarned) {
  House house;
  Client& client = house.say(get("/hello") + "GET / HTTP/1.1\r\nno colon\r\n\r\n" + get("/hello"));
  ASSERT_TRUE(house.ends(client));
  EXPECT_EQ(client.count("hello"), 1U);
  EXPECT_LT(client.received.find("hello"), client.received.find("HTTP/1.1 400 "));
  EXPECT_EQ(house.server.counts().requests, 1U);
}

TEST(Refusal, KnowsTheHeadWhereItCouldBeRead) {
  House house;
  Client& client = house.say("HEAD /hello HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(house.ends(client));
  EXPECT_TRUE(house.handler.refused_head);
  EXPECT_THAT(house.handler.refused, ElementsAre("bad_host"));
  EXPECT_THAT(client.received, EndsWith("Content-Length: 8\r\n\r\n"));  // no body to HEAD
}

TEST(Refusal, OfAHeadThatIsTooLargeComesBeforeItsEnd) {
  House house;
  Client& client = house.say("GET / HTTP/1.1\r\nHost: x\r\n");
  for (int i = 0; i < 200 && !client.ended; ++i) {
    client.send("X-Field-" + std::to_string(i) + ": " + std::string(4000, 'v') + "\r\n");
    house.settle();
  }
  ASSERT_TRUE(house.ends(client));
  EXPECT_THAT(client.received, StartsWith("HTTP/1.1 431 Request Header Fields Too Large\r\n"));
}

}  // namespace
}  // namespace gatehouse::net
