// How many connections there may be, and what becomes of the others.
#include "caps.h"

#include <gmock/gmock.h>
#include <sys/resource.h>
#include <unistd.h>

#include "address.h"
#include "test_house.h"

namespace gatehouse::net {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using Answer = ConnectionCaps::Answer;

TEST(ConnectionCaps, GrantsUpToBothLimits) {
  ConnectionCaps caps(3, 2);
  EXPECT_EQ(caps.admit("a"), Answer::granted);
  EXPECT_EQ(caps.admit("a"), Answer::granted);
  EXPECT_EQ(caps.admit("a"), Answer::over);  // of the address
  EXPECT_EQ(caps.admit("b"), Answer::granted);
  EXPECT_EQ(caps.admit("c"), Answer::over);  // in all
  EXPECT_EQ(caps.open(), 3U);
  caps.release("a", Answer::granted);
  EXPECT_EQ(caps.admit("c"), Answer::granted);
  EXPECT_EQ(caps.admit("a"), Answer::over);
}

TEST(ConnectionCaps, RefusesInPeaceOnlySixtyFourAtOnce) {
  ConnectionCaps caps(0, 1);
  for (int i = 0; i < 64; ++i) EXPECT_EQ(caps.admit("a"), Answer::over);
  EXPECT_EQ(caps.admit("a"), Answer::flooded);
  caps.release("a", Answer::flooded);
  EXPECT_EQ(caps.admit("a"), Answer::flooded);
  caps.release("a", Answer::over);
  EXPECT_EQ(caps.admit("a"), Answer::over);
  EXPECT_EQ(caps.open(), 0U);
}

TEST(Seat, IsGivenBackOnceHoweverOftenItMoves) {
  const auto caps = std::make_shared<ConnectionCaps>(1, 1);
  {
    Seat first(caps, "a");
    EXPECT_EQ(first.what(), Answer::granted);
    const Seat moved(std::move(first));
    EXPECT_EQ(Seat(caps, "a").what(), Answer::over);
    EXPECT_EQ(caps->open(), 1U);
  }
  EXPECT_EQ(caps->open(), 0U);
  EXPECT_EQ(Seat(caps, "a").what(), Answer::granted);
}

TEST(CountedAddress, IsTheNetworkOf64BitsForIpv6) {
  const auto counted = [](const char* text) { return counted_address(boost::asio::ip::make_address(text)); };
  EXPECT_EQ(counted("2001:db8:1:2:3:4:5:6"), counted("2001:db8:1:2:ffff::1"));
  EXPECT_NE(counted("2001:db8:1:2::1"), counted("2001:db8:1:3::1"));
  EXPECT_NE(counted("192.0.2.1"), counted("192.0.2.2"));
  EXPECT_EQ(counted("192.0.2.1"), "192.0.2.1");
}

TEST(CountedAddress, IsThatOfIpv4WhereItIsMapped) {
  const auto plain = [](const char* text) { return unmapped(boost::asio::ip::make_address(text)).to_string(); };
  EXPECT_EQ(plain("::ffff:192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(plain("192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(plain("2001:db8::1"), "2001:db8::1");
}

ServerLimits at_most(std::size_t connections, std::size_t per_address) {
  ServerLimits limits;
  limits.connections = connections;
  limits.connections_per_address = per_address;
  return limits;
}

TEST(Caps, TellWhoIsOneTooManyAndServeTheRest) {
  House house(at_most(2, 10));
  Client& first = house.say(get("/hello"));
  Client& second = house.say(get("/hello"));
  ASSERT_TRUE(house.hears(first, "hello"));
  ASSERT_TRUE(house.hears(second, "hello"));
  Client& third = house.say(get("/hello"));
  ASSERT_TRUE(house.ends(third));
  EXPECT_FALSE(third.broken);
  EXPECT_THAT(third.received, StartsWith("HTTP/1.1 503 Service Unavailable\r\n"));
  EXPECT_THAT(third.received, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(third.received, EndsWith("too_many_connections"));
  EXPECT_EQ(house.server.counts().refused, 1U);
  first.finish();
  ASSERT_TRUE(house.ends(first));
  Client& fourth = house.say(get("/hello"));
  EXPECT_TRUE(house.hears(fourth, "hello"));
}

TEST(Caps, HoldForOneAddressToo) {
  House house(at_most(100, 1), Endpoint("::1", 0));
  Client& first = house.say(get("/hello"));
  ASSERT_TRUE(house.hears(first, "hello"));
  Client& second = house.say(get("/hello"));
  ASSERT_TRUE(house.hears(second, "503"));
}

TEST(Caps, DropAFloodWithoutAWord) {
  House house(at_most(1, 100));
  Client& served = house.say(get("/hello"));
  ASSERT_TRUE(house.hears(served, "hello"));
  for (int i = 0; i < 64; ++i) ASSERT_TRUE(house.hears(house.connect(), "HTTP/1.1 503 "));
  EXPECT_EQ(house.open(), 65U);
  Client& flooding = house.connect();
  ASSERT_TRUE(house.ends(flooding));
  EXPECT_EQ(flooding.received, "");
  EXPECT_EQ(house.open(), 65U);
  house.pass(seconds(5) + two_ticks);
  EXPECT_EQ(house.open(), 1U);
  EXPECT_TRUE(house.hears(house.connect(), "HTTP/1.1 503 "));
  served.send(get("/hello"));
  EXPECT_TRUE(house.hears_times(served, "hello", 2));
}

// Takes every descriptor that this process may have, until it is destroyed.
class NoDescriptors {
 public:
  NoDescriptors() {
    if (::getrlimit(RLIMIT_NOFILE, &before_) != 0) throw std::runtime_error("getrlimit");
    rlimit few = before_;
    few.rlim_cur = 256;
    if (::setrlimit(RLIMIT_NOFILE, &few) != 0) throw std::runtime_error("setrlimit");
    for (Fd one(::dup(0)); one; one = Fd(::dup(0))) taken_.push_back(std::move(one));
  }
  ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;
  std::size_t taken() const { return taken_.size(); }
  void free_one() { taken_.pop_back(); }

 private:
  rlimit before_{};
  std::vector<Fd> taken_;
};

TEST(Accepting, GoesOnATickAfterDescriptorsRanOut) {
  House house;
  Client& before = house.say(get("/hello"));
  ASSERT_TRUE(house.hears(before, "hello"));
  NoDescriptors none;
  ASSERT_GT(none.taken(), 0U);
  none.free_one();
  Client& waiting = house.connect();  // takes the last one
  waiting.send(get("/hello"));
  ASSERT_GT(house.reactor.context().run_one_for(seconds(30)), 0U);  // somebody comes, and there is nothing to take him with
  house.settle();
  house.pass(seconds(1));
  EXPECT_EQ(house.server.counts().accepted, 1U);
  before.send(get("/hello"));
  EXPECT_TRUE(house.hears_times(before, "hello", 2));
  none.free_one();
  house.pass(Reactor::tick_interval);
  EXPECT_TRUE(house.hears(waiting, "hello"));
}

TEST(Accepting, LetsOthersHaveTheirTurnBetween) {
  House house;
  Client& served = house.say(get("/hello"));
  ASSERT_TRUE(house.hears(served, "hello"));
  for (int i = 0; i < 200; ++i) house.connect();
  std::uint64_t most = 0, before = house.server.counts().accepted;
  while (before < 201) {
    ASSERT_GT(house.reactor.context().run_one_for(seconds(30)), 0U);
    most = std::max(most, house.server.counts().accepted - before);
    before = house.server.counts().accepted;
  }
  EXPECT_LE(most, 64U);
}

}  // namespace
}  // namespace gatehouse::net
