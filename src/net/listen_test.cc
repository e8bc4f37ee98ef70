// Where a server listens, and what it says when it cannot.
#include "listen.h"

#include <gmock/gmock.h>
#include <sys/socket.h>

#include "test_house.h"

namespace gatehouse::net {
namespace {

using ::testing::HasSubstr;

Result<std::vector<Fd>> listen_once_on(Endpoint endpoint, PortUse use = PortUse::alone) { return listen_on(endpoint, 1, 16, use); }

TEST(Listen, TakesAFreePortForAllSockets) {
  Endpoint endpoint("127.0.0.1", 0);
  const auto sockets = listen_on(endpoint, 3, 16, PortUse::alone);
  ASSERT_TRUE(sockets);
  EXPECT_EQ(sockets->size(), 3U);
  EXPECT_NE(endpoint.port, 0);
  for (const Fd& socket : *sockets) {
    sockaddr_in bound{};
    socklen_t size = sizeof bound;
    ASSERT_EQ(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&bound), &size), 0);
    EXPECT_EQ(ntohs(bound.sin_port), endpoint.port);
  }
}

TEST(Listen, SaysThatAPortIsTakenAndWhich) {
  Endpoint endpoint("127.0.0.1", 0);
  const auto first = listen_on(endpoint, 2, 16, PortUse::alone);
  ASSERT_TRUE(first);
  const auto second = listen_once_on(endpoint);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().reason(), "port_taken");
  EXPECT_EQ(second.error().origin(), Origin::operator_);
  EXPECT_THAT(second.error().public_text(), HasSubstr("127.0.0.1:" + std::to_string(endpoint.port)));
}

TEST(Listen, SharesAPortWithWhoAllowsIt) {
  Endpoint endpoint("127.0.0.1", 0);
  const auto old_binary = listen_on(endpoint, 2, 16, PortUse::alone);
  ASSERT_TRUE(old_binary);
  EXPECT_TRUE(listen_once_on(endpoint, PortUse::shared));
}

TEST(Listen, WritesIpv6InBrackets) {
  Endpoint endpoint("::1", 0);
  const auto first = listen_on(endpoint, 1, 16, PortUse::alone);
  ASSERT_TRUE(first);
  const auto second = listen_once_on(endpoint);
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().public_text(), HasSubstr("[::1]:" + std::to_string(endpoint.port)));
}

TEST(Listen, TakesBothFamiliesOnOnePort) {
  Endpoint endpoint("::", 0);
  const auto v6 = listen_on(endpoint, 1, 16, PortUse::alone);
  ASSERT_TRUE(v6);
  EXPECT_TRUE(listen_once_on(Endpoint("0.0.0.0", endpoint.port)));
}

TEST(Listen, RefusesWhatIsNoAddressAndWhatIsNotOfThisMachine) {
  for (const char* address : {"", "localhost", "127.0.0.1:80", "[::1]", "192.0.2.1", "2001:db8::1"}) {
    const auto sockets = listen_once_on(Endpoint(address, 0));
    ASSERT_FALSE(sockets) << address;
    EXPECT_EQ(sockets.error().reason(), "bad_listen_address") << address;
    EXPECT_THAT(sockets.error().public_text(), HasSubstr(address));
  }
}

TEST(Server, BindsEverythingOrNothing) {
  Endpoint taken("127.0.0.1", 0);
  const auto other = listen_on(taken, 1, 16, PortUse::alone);
  ASSERT_TRUE(other);
  Endpoint spare("127.0.0.1", 0);
  {
    ASSERT_TRUE(listen_on(spare, 1, 16, PortUse::alone));
  }
  FakeClock clock;
  Reactor reactor(0, clock);
  TestHandler handler;
  HttpServer server(ServerLimits(), handler, {spare, taken});
  const Status started = server.start({&reactor});
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().reason(), "port_taken");
  EXPECT_EQ(server.counts().listeners, 0U);
  EXPECT_TRUE(listen_once_on(spare));
}

TEST(Server, NamesThePortsThatWereChosen) {
  FakeClock clock;
  Reactor reactor(0, clock);
  TestHandler handler;
  HttpServer server(ServerLimits(), handler, {Endpoint("127.0.0.1", 0), Endpoint("::1", 0)});
  ASSERT_TRUE(server.start({&reactor}));
  ASSERT_EQ(server.bound().size(), 2U);
  EXPECT_EQ(server.counts().listeners, 2U);
  for (const Endpoint& endpoint : server.bound()) {
    EXPECT_NE(endpoint.port, 0);
    EXPECT_NO_THROW(Client client(endpoint));
  }
  server.stop_accepting();
  reactor.context().poll();
}

}  // namespace
}  // namespace gatehouse::net
