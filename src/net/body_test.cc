// Bodies of requests: read, refused, or left alone.
#include <gmock/gmock.h>
#include <malloc.h>

#include "test_house.h"

namespace gatehouse::net {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

std::string post_head(std::string_view path, std::string_view fields) {
  return "POST " + std::string(path) + " HTTP/1.1\r\nHost: x\r\n" + std::string(fields) + "\r\n";
}
std::string chunked(std::string_view path, std::string_view chunks, std::string_view more = "") {
  return post_head(path, "Transfer-Encoding: chunked\r\n" + std::string(more)) + std::string(chunks);
}

TEST(Body, IsReadWhole) {
  House house;
  house.handler.body_max = mib(2);
  std::string large;
  for (int i = 0; large.size() < 1'500'000; ++i) large += std::to_string(i) + ",";
  Client& client = house.say(post("/echo", large, "Connection: close\r\n"));
  ASSERT_TRUE(house.ends(client));
  EXPECT_TRUE(client.received.ends_with(large));
}

TEST(Body, ComesInChunksWithExtensionsAndTrailers) {
  House house;
  Client& client = house.say(chunked("/echo", "3;x=y\r\nabc\r\n00a\r\n0123456789\r\n0\r\nChecksum: 1\r\n\r\n") + get("/close"));
  ASSERT_TRUE(house.ends(client));
  EXPECT_THAT(house.handler.bodies, ElementsAre("abc0123456789"));
  EXPECT_THAT(client.received, EndsWith("bye"));
}

// All that the process holds; nothing where a sanitizer keeps the books.
std::size_t held_memory() {
  const auto held = mallinfo2();
  return held.uordblks + held.hblkhd;
}

TEST(Body, LeavesNoMemoryBehindWhileTheConnectionIdles) {
  House house;
  house.handler.body_max = mib(32);
  Client& client = house.say(get("/hello"));
  ASSERT_TRUE(house.hears(client, "hello"));
  const std::size_t before = held_memory();
  {
    client.send(post("/echo", std::string(16 << 20, 'x')));
    ASSERT_TRUE(house.until([&] { return client.received.size() > 16 << 20; }));
    client.forget();
    std::vector<std::string>().swap(house.handler.bodies);
  }
  house.settle();
  EXPECT_LT(held_memory(), before + (1 << 20));
}

TEST(Body, MayComeByteByByte) {
  House house;
  Client& client = house.connect();
  for (const char c : chunked("/echo", "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n") + post("/echo", "fgh")) {
    client.send(std::string_view(&c, 1));
    house.settle();
  }
  ASSERT_TRUE(house.hears(client, "fgh"));
  EXPECT_THAT(house.handler.bodies, ElementsAre("abcde", "fgh"));
}

TEST(Body, ThatIsNoneIsEmpty) {
  House house;
  Client& client = house.say(get("/echo") + post("/echo", "") + chunked("/echo", "0\r\n\r\n"));
  ASSERT_TRUE(house.hears_times(client, "Content-Length: 0\r\n\r\n", 3));
  EXPECT_THAT(house.handler.bodies, ElementsAre("", "", ""));
}

TEST(Body, ThatIsDeclaredTooLargeIsRefusedBeforeItComes) {
  House house;
  house.handler.body_max = ByteCount(10);
  Client& client = house.say(post_head("/echo", "Content-Length: 1000000\r\n"));
  ASSERT_TRUE(house.ends(client));
  EXPECT_THAT(client.received, StartsWith("HTTP/1.1 413 Content Too Large\r\n"));
  EXPECT_THAT(client.received, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(house.handler.body_errors, ElementsAre("request_too_large"));
  EXPECT_TRUE(house.handler.refused_head);
}

TEST(Body, MayBeExactlyAsLargeAsAllowed) {
  House house;
  house.handler.body_max = ByteCount(10);
  Client& client = house.say(post("/echo", "0123456789") + post("/echo", "0123456789a") + chunked("/echo", "a\r\n0123456789\r\n0\r\n\r\n") +
                             chunked("/echo", "b\r\n0123456789a\r\n0\r\n\r\n") + get("/hello"));
  ASSERT_TRUE(house.hears(client, "\r\n\r\nhello"));  // nothing of the bodies was left, so the connection goes on
  EXPECT_EQ(client.count("HTTP/1.1 200 OK"), 3U);
  EXPECT_EQ(client.count("HTTP/1.1 413 "), 2U);
  EXPECT_THAT(house.handler.body_errors, ElementsAre("request_too_large", "request_too_large"));
}

TEST(Body, ThatGrowsTooLargeInChunksIsRefusedAndNotTakenFurther) {
  House house;
  house.handler.body_max = kib(1);
  const std::string chunk = "400\r\n" + std::string(1024, 'x') + "\r\n";
  std::string chunks;
  for (int i = 0; i < 300; ++i) chunks += chunk;
  Client& client = house.say(chunked("/echo", chunks));
  ASSERT_TRUE(house.ends(client));
  EXPECT_THAT(client.received, StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(client.received, HasSubstr("Connection: close\r\n"));
  client.finish();
  EXPECT_TRUE(house.until([&] { return house.open() == 0; }));
}

TEST(Body, ThatIsMalformedEndsTheConnectionAfterTheAnswer) {
  House house;
  Client& client = house.say(chunked("/echo", "3\r\nabcd\r\n") + get("/hello"));
  ASSERT_TRUE(house.ends(client));
  EXPECT_THAT(client.received, StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(client.received, EndsWith("malformed_body"));
  EXPECT_THAT(house.handler.seen, ElementsAre("/echo"));
}

TEST(Body, WhoseClientGoesIsAnsweredByNobody) {
  House house;
  Client& client = house.say(post_head("/echo", "Content-Length: 10\r\n") + "abc");
  client.finish();
  ASSERT_TRUE(house.ends(client));
  EXPECT_EQ(client.received, "");
  EXPECT_THAT(house.handler.body_errors, ElementsAre("client_gone"));
  EXPECT_THAT(house.handler.refused, IsEmpty());
}

TEST(Expectation, IsMetWhenTheBodyIsRead) {
  House house;
  Client& client = house.say(post_head("/echo", "Content-Length: 4\r\nExpect: 100-continue\r\n"));
  ASSERT_TRUE(house.hears(client, "\r\n\r\n"));
  EXPECT_EQ(client.received, "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("body");
  ASSERT_TRUE(house.hears(client, "\r\n\r\nbody"));
  EXPECT_EQ(client.count("100 Continue"), 1U);
  client.send(post_head("/echo", "Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n"));
  ASSERT_TRUE(house.hears_times(client, "100 Continue", 2));
  client.send("2\r\nok\r\n0\r\n\r\n");
  ASSERT_TRUE(house.hears(client, "\r\n\r\nok"));
}

TEST(Expectation, IsNotMetByWhoLeavesTheBody) {
  House house;
  Client& client = house.say(post_head("/ignore", "Content-Length: 4\r\nExpect: 100-continue\r\n"));
  ASSERT_TRUE(house.ends(client));
  EXPECT_THAT(client.received, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(client.received, HasSubstr("Connection: close\r\n"));
}

TEST(Expectation, IsNotMetByWhoRefusesTheBody) {
  House house;
  house.handler.body_max = ByteCount(3);
  Client& client = house.say(post_head("/echo", "Content-Length: 4\r\nExpect: 100-continue\r\n"));
  ASSERT_TRUE(house.ends(client));
  EXPECT_THAT(client.received, StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(client.received, HasSubstr("Connection: close\r\n"));
}

TEST(Expectation, IsNotMetWhereTheBodyIsThereAlready) {
  House house;
  Client& client =
      house.say(post("/echo", "body", "Expect: 100-continue\r\n") + post("/ignore", "body", "Expect: 100-continue\r\n") + get("/hello"));
  ASSERT_TRUE(house.hears(client, "hello"));
  EXPECT_EQ(client.count("HTTP/1.1 200 OK"), 3U);
  EXPECT_EQ(client.count("100 Continue"), 0U);
}

TEST(Expectation, IsUnknownToHttp10) {
  House house;
  Client& client = house.say("POST /echo HTTP/1.0\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
  house.settle();
  client.send("body");
  ASSERT_TRUE(house.ends(client));
  EXPECT_THAT(client.received, EndsWith("\r\n\r\nbody"));
  EXPECT_EQ(client.count("100 Continue"), 0U);
}

TEST(UnreadBody, IsDroppedWhenShortAndTheConnectionGoesOn) {
  House house;
  Client& client = house.say(post("/ignore", std::string(1000, 'x')) + get("/hello"));
  ASSERT_TRUE(house.hears(client, "hello"));
  EXPECT_THAT(client.received, Not(HasSubstr("Connection: close")));
}

TEST(UnreadBody, MayComeAfterItsAnswerWhenShort) {
  House house;
  Client& client = house.say(post_head("/ignore", "Content-Length: 65536\r\n"));
  ASSERT_TRUE(house.hears(client, "ignored"));
  EXPECT_THAT(client.received, Not(HasSubstr("Connection: close")));
  client.send(std::string(65536, 'x') + get("/hello"));
  ASSERT_TRUE(house.hears(client, "hello"));
  EXPECT_THAT(house.handler.seen, ElementsAre("/ignore", "/hello"));
}

TEST(UnreadBody, ClosesTheConnectionWhenLong) {
  House house;
  Client& client = house.say(post_head("/ignore", "Content-Length: 65537\r\n"));
  ASSERT_TRUE(house.ends(client));
  EXPECT_THAT(client.received, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(client.received, EndsWith("ignored"));
}

TEST(UnreadBody, InChunksIsDroppedOnlyWhereItIsThere) {
  House house;
  Client& there = house.say(chunked("/ignore", "3\r\nabc\r\n0\r\n\r\n") + get("/hello"));
  ASSERT_TRUE(house.hears(there, "hello"));
  Client& late = house.say(chunked("/ignore", "3\r\nabc\r\n"));
  ASSERT_TRUE(house.ends(late));
  EXPECT_THAT(late.received, HasSubstr("Connection: close\r\n"));
}

TEST(UnreadBody, ThatIsMalformedClosesTheConnection) {
  House house;
  Client& client = house.say(chunked("/ignore", "zz\r\n") + get("/hello"));
  ASSERT_TRUE(house.ends(client));
  EXPECT_THAT(client.received, EndsWith("ignored"));
  EXPECT_THAT(house.handler.seen, ElementsAre("/ignore"));
}

TEST(UnreadBody, OfAHandlerThatThrewDoesNotBecomeARequest) {
  House house;
  Client& client = house.say(post("/throw", get("/hello")));
  ASSERT_TRUE(house.ends(client));
  EXPECT_THAT(house.handler.seen, ElementsAre("/throw"));
}

TEST(Body, IsToldToComeBackWhenAllTogetherAreTooMuch) {
  ServerLimits limits;
  limits.bodies = mib(1).value();
  House house(limits);
  house.handler.body_max = mib(8);
  Client& half = house.say(post_head("/echo", "Content-Length: 900000\r\n") + std::string(800'000, 'x'));
  ASSERT_TRUE(house.until([&] { return house.server.counts().body_bytes > 700'000; }));
  Client& refused = house.say(post("/echo", std::string(600'000, 'y')));
  ASSERT_TRUE(house.ends(refused));
  EXPECT_THAT(refused.received, StartsWith("HTTP/1.1 503"));
  half.send(std::string(100'000, 'x'));
  ASSERT_TRUE(house.until([&] { return half.received.size() > 900'000; }));
  Client& later = house.say(post("/echo", std::string(600'000, 'y'), "Connection: close\r\n"));
  ASSERT_TRUE(house.ends(later));
  EXPECT_THAT(later.received, StartsWith("HTTP/1.1 200"));
}

TEST(Body, CountsForWhatWasMadeOfItUntilItIsDroppedOrItsExchangeIsOver) {
  House house;
  house.handler.body_max = mib(8);
  const auto counted = [&house] { return house.server.counts().body_bytes; };
  for (const bool is_dropped : {false, true}) {
    const std::string path = is_dropped ? "/read/dropped" : "/read/forgotten";
    Client& client = house.say(post(path, std::string(600'000, 'x'), "Connection: close\r\n"));
    ASSERT_TRUE(house.until([&] { return house.handler.held.contains(path); }));
    const auto& held = house.handler.held[path];
    held.exchange->forget_body();
    EXPECT_GE(counted(), 600'000U);
    if (is_dropped) held.exchange->drop_body();
    EXPECT_EQ(counted() == 0, is_dropped);
    held.exchange->respond(TestHandler::text(200, "understood"));
    held.over->raise();
    ASSERT_TRUE(house.ends(client));
    EXPECT_EQ(counted(), 0U);
  }
}

}  // namespace
}  // namespace gatehouse::net
