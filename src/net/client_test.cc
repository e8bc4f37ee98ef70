// Our own client: against our own server, and against servers of a few lines that do what they should not.
#include "gatehouse/net/client.h"

#include <gmock/gmock.h>

#include <thread>

#include "gatehouse/runtime/run_task.h"
#include "listen.h"
#include "test_house.h"
#include "test_socket_folder.h"

namespace gatehouse::net {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// Takes one connection, says what it is told to once a request has come, and goes; or stays silent for as long as it lives.
class OneAnswer {
 public:
  enum class Then { close, hold };
  explicit OneAnswer(std::string answer, Then then = Then::close)
      : answer_(std::move(answer)), then_(then), listening_(std::move(listen_on(at, 1, 16, PortUse::alone).value().front())) {
    thread_ = std::jthread([this] { serve(); });
  }
  ~OneAnswer() { ::shutdown(listening_.get(), SHUT_RDWR); }
  // Once the answer has been given.
  const std::string& asked() {
    thread_.join();
    return asked_;
  }

  Endpoint at{"127.0.0.1", 0};

 private:
  void serve() {
    pollfd coming{listening_.get(), POLLIN, 0};
    ::poll(&coming, 1, -1);
    held_ = Fd(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    char piece[4096];
    while (asked_.find("\r\n\r\n") == std::string::npos) {
      const ssize_t n = ::recv(held_.get(), piece, sizeof piece, 0);
      if (n <= 0) return;
      asked_.append(piece, static_cast<std::size_t>(n));
    }
    ::send(held_.get(), answer_.data(), answer_.size(), MSG_NOSIGNAL);
    if (then_ == Then::close) held_.reset();
  }

  const std::string answer_;
  const Then then_;
  const Fd listening_;
  Fd held_;
  std::string asked_;
  std::jthread thread_;
};

std::string outcome(const Result<wire::HttpReply>& reply) {
  return reply ? std::to_string(reply->status) + " " + reply->body : std::string(reply.error().reason());
}
std::string asked_once(const std::string& answer) {
  const OneAnswer server(answer);
  return outcome(ask(server.at, ClientRequest(), ClientLimits(seconds(20), wire::HttpReplyLimits(100))));
}

// House's reactor does not run: the task is turned by the test, as its clients are.
struct Asking {
  Asking(House& house, ClientRequest request, ClientLimits limits = {}) {
    house.reactor.spawn(keep(ask(house.reactor, house.server.bound().front(), std::move(request), limits), reply));
  }
  static Task<void> keep(Task<Result<wire::HttpReply>> task, std::optional<Result<wire::HttpReply>>& reply) {
    reply.emplace(co_await std::move(task));
  }
  std::optional<Result<wire::HttpReply>> reply;
};

TEST(Client, AsksOurServerOverAUnixSocket) {
  const TestSocketFolder folder;
  House house({}, Endpoint::unix_socket(folder.path("s")));
  ClientRequest request(wire::Method::post, "/echo");
  request.body = std::string(50'000, 'b');
  const Asking asking(house, request);
  ASSERT_TRUE(house.until([&] { return asking.reply.has_value(); }));
  EXPECT_EQ(outcome(*asking.reply), "200 " + request.body);
  EXPECT_EQ((*asking.reply)->field("connection"), "close");
  EXPECT_TRUE(house.until([&] { return house.open() == 0; }));
}

TEST(Client, AsksOurServerOverTcp) {
  House house;
  const Asking asking(house, ClientRequest(wire::Method::get, "/hello"));
  ASSERT_TRUE(house.until([&] { return asking.reply.has_value(); }));
  EXPECT_EQ(outcome(*asking.reply), "200 hello");
}

TEST(Client, DoesNotWaitForABodyBehindHead) {
  House house;
  const Asking asking(house, ClientRequest(wire::Method::head, "/hello"));
  ASSERT_TRUE(house.until([&] { return asking.reply.has_value(); }));
  EXPECT_EQ(outcome(*asking.reply), "200 ");
  EXPECT_EQ((*asking.reply)->field("content-length"), "5");
}

TEST(Client, HearsARefusalThatComesBeforeItHasSaidAll) {
  House house;
  ClientRequest request(wire::Method::post, "/echo");
  request.body = std::string(8'000'000, 'b');
  const Asking asking(house, request);
  ASSERT_TRUE(house.until([&] { return asking.reply.has_value(); }));
  EXPECT_THAT(outcome(*asking.reply), StartsWith("413 "));
}

TEST(Client, GivesUpAtItsDeadline) {
  House house;
  const Asking asking(house, ClientRequest(wire::Method::get, "/held/a"), ClientLimits(seconds(5), {}));
  house.held("/held/a");
  house.pass(seconds(4));
  EXPECT_FALSE(asking.reply);
  EXPECT_TRUE(house.passing(seconds(1) + 2 * two_ticks, [&] { return asking.reply.has_value(); }));
  EXPECT_EQ(outcome(*asking.reply), "reply_too_late");
}

TEST(Client, SaysWhatItShouldAndNothingElse) {
  OneAnswer server("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  ClientRequest request(wire::Method::patch, "/api/keys/a%20b?x=1");
  request.fields.emplace_back("Content-Type", "application/json");
  request.body = "{}";
  EXPECT_EQ(outcome(ask(server.at, request)), "200 ok");
  EXPECT_EQ(server.asked(), "PATCH /api/keys/a%20b?x=1 HTTP/1.1\r\nHost: " + to_string(server.at) +
                                "\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
}

TEST(Client, WritesNoRequestThatWouldBeAnother) {
  ClientRequest good(wire::Method::get, "/x");
  good.host = "x";
  EXPECT_TRUE(to_bytes(good));
  for (const std::string& target : {std::string(), std::string("x"), std::string("/a b"), std::string("/a\r\nX: y"),
                                    std::string("/\xc3\xa4"), std::string("/a#b"), std::string("/\0", 2)}) {
    ClientRequest request = good;
    request.target = target;
    EXPECT_FALSE(to_bytes(request)) << target;
  }
  const std::pair<std::string, std::string> fields[] = {
      {"", "x"}, {"A B", "x"}, {"A:", "x"}, {"A", "x\r\nB: y"}, {"A", std::string("x\0", 2)}};
  for (const auto& field : fields) {
    ClientRequest request = good;
    request.fields.push_back(field);
    EXPECT_FALSE(to_bytes(request)) << field.first << ':' << field.second;
  }
  ClientRequest request = good;
  request.host = "a\r\nb";
  EXPECT_FALSE(to_bytes(request));
}

TEST(Client, NamesWhomItDoesNotReach) {
  const TestSocketFolder folder;
  const Endpoint nowhere = Endpoint::unix_socket(folder.path("s"));
  EXPECT_EQ(outcome(ask(nowhere, ClientRequest())), "nobody_listens");
  EXPECT_THAT(ask(nowhere, ClientRequest()).error().public_text(), HasSubstr(to_string(nowhere)));
  Endpoint closed("127.0.0.1", 0);
  {
    ASSERT_TRUE(listen_on(closed, 1, 16, PortUse::alone));
  }
  EXPECT_EQ(outcome(ask(closed, ClientRequest())), "nobody_listens");
  EXPECT_EQ(outcome(ask(Endpoint("localhost", 80), ClientRequest())), "bad_address");
  EXPECT_EQ(outcome(ask(Endpoint::unix_socket(std::string(200, 'x')), ClientRequest())), "bad_socket_path");
}

TEST(Client, RefusesWhatIsNoReply) {
  EXPECT_EQ(asked_once("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"), "200 ok");
  EXPECT_EQ(asked_once("HTTP/1.1 200 OK\r\n\r\nall of it"), "200 all of it");
  EXPECT_EQ(asked_once("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"), "200 ok");
  EXPECT_EQ(asked_once(""), "connection_lost");
  EXPECT_EQ(asked_once("SSH-2.0-OpenSSH_9.2\r\n"), "reply_malformed");
  EXPECT_EQ(asked_once("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfour"), "reply_malformed");
  EXPECT_EQ(asked_once("HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n"), "reply_too_large");
  EXPECT_EQ(asked_once("HTTP/1.1 200 OK\r\n\r\n" + std::string(101, 'x')), "reply_too_large");
}

TEST(Client, WaitsOnItsOwnThreadNoLongerThanItSaid) {
  const OneAnswer server("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no", OneAnswer::Then::hold);
  EXPECT_EQ(outcome(ask(server.at, ClientRequest(), ClientLimits(milliseconds(100), {}))), "reply_too_late");
}

}  // namespace
}  // namespace gatehouse::net
