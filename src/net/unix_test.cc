// HTTP over a Unix socket: the same server, other clients.
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <filesystem>
#include <optional>
#include <thread>

#include "peer.h"
#include "test_house.h"
#include "test_socket_folder.h"

namespace gatehouse::net {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

ServerLimits at_most(std::size_t connections, std::size_t per_address) {
  ServerLimits limits;
  limits.connections = connections;
  limits.connections_per_address = per_address;
  return limits;
}

struct OnAUnixSocket : testing::Test {
  House& house(ServerLimits limits = {}) { return house_.emplace(std::move(limits), Endpoint::unix_socket(path)); }

  const TestSocketFolder folder;
  const std::string path = folder.path("control.sock");

 private:
  std::optional<House> house_;
};

TEST_F(OnAUnixSocket, AnswersOneRequestAfterAnother) {
  House& there = house();
  Client& client = there.say(get("/hello"));
  ASSERT_TRUE(there.hears_times(client, "hello", 1));
  client.send(get("/hello") + get("/hello"));
  ASSERT_TRUE(there.hears_times(client, "hello", 3));
  EXPECT_THAT(client.received, ::testing::StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_EQ(there.open(), 1U);
}

TEST_F(OnAUnixSocket, NamesItsClientsUnix) {
  House& there = house();
  there.say(get("/held/a"));
  EXPECT_EQ(there.held("/held/a").client_address(), "unix");
}

TEST_F(OnAUnixSocket, CarriesLargeBodiesBothWays) {
  House& there = house();
  there.handler.body_max = mib(4);
  const std::string body(3'000'000, 'b');
  Client& client = there.say(post("/echo", body));
  ASSERT_TRUE(there.until([&] { return client.received.ends_with(body); }));
  EXPECT_EQ(there.handler.bodies.size(), 1U);
}

TEST_F(OnAUnixSocket, NoticesAClientThatLeaves) {
  House& there = house();
  Client& client = there.say(get("/held/a"));
  Exchange& exchange = there.held("/held/a");
  client.reset();
  EXPECT_TRUE(there.passing(seconds(2), [&] { return exchange.gone(); }));
}

TEST_F(OnAUnixSocket, LetsTheWholeHouseInWhateverOneAddressMay) {
  House& there = house(at_most(100, 1));
  std::vector<Client*> clients;
  for (int i = 0; i < 20; ++i) clients.push_back(&there.say(get("/hello")));
  for (const Client* client : clients) EXPECT_TRUE(there.hears(*client, "hello"));
  EXPECT_EQ(there.server.counts().refused, 0U);
}

TEST_F(OnAUnixSocket, KeepsToTheNumberInAll) {
  House& there = house(at_most(2, 1));
  Client& first = there.say(get("/hello"));
  Client& second = there.say(get("/hello"));
  ASSERT_TRUE(there.hears(first, "hello"));
  ASSERT_TRUE(there.hears(second, "hello"));
  Client& third = there.connect();
  EXPECT_TRUE(there.hears(third, "HTTP/1.1 503"));
}

TEST_F(OnAUnixSocket, AnswersWhoCameBeforeItStopsAndThenIsGone) {
  House& there = house();
  Client& before = there.connect();
  before.send(get("/hello"));
  there.server.stop_accepting();
  EXPECT_TRUE(there.hears(before, "Connection: close"));
  EXPECT_TRUE(there.ends(before));
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_THROW(there.connect(), std::runtime_error);
}

TEST(Peer, MayBeOurselvesOrRoot) {
  EXPECT_TRUE(may_talk(1000, 1000));
  EXPECT_TRUE(may_talk(0, 1000));
  EXPECT_FALSE(may_talk(1001, 1000));
  EXPECT_TRUE(may_talk(0, 0));
  EXPECT_FALSE(may_talk(1000, 0));
}

// Only root can be somebody else: whoever runs this as another user comes as himself.
TEST_F(OnAUnixSocket, ClosesTheDoorToOtherUsers) {
  constexpr uid_t nobody = 65534;
  House& there = house();
  const uid_t visitor = geteuid() == 0 ? nobody : geteuid();
  ASSERT_EQ(chmod(folder.folder().c_str(), 0755), 0);
  ASSERT_EQ(chmod(path.c_str(), 0666), 0);  // as somebody might who does not know better
  std::optional<Client> client;
  // The system call, because glibc's function is for all threads.
  std::jthread([&] {
    if (visitor != geteuid() && syscall(SYS_setresuid, visitor, visitor, visitor) != 0) return;
    client.emplace(there.server.bound().front());
  }).join();
  ASSERT_TRUE(client);
  client->send(get("/hello"));
  const bool welcome = may_talk(visitor, geteuid());
  ASSERT_TRUE(there.until([&] { return client->turn(), client->ended || client->broken || client->count("hello") > 0; }));
  EXPECT_EQ(client->count("hello"), welcome ? 1U : 0U);
  EXPECT_EQ(there.server.counts().refused, welcome ? 0U : 1U);
  EXPECT_EQ(there.server.counts().requests, welcome ? 1U : 0U);
}

}  // namespace
}  // namespace gatehouse::net
