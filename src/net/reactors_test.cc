// A server on several reactors, each on a thread: what is shared between them is shared in peace.
#include <gmock/gmock.h>

#include <filesystem>
#include <set>
#include <thread>

#include "gatehouse/net/server.h"
#include "gatehouse/runtime/reactor_pool.h"
#include "gatehouse/runtime/signal.h"
#include "test_client.h"
#include "test_socket_folder.h"

namespace gatehouse::net {
namespace {

using ::testing::EndsWith;

// Says which reactor answers; /echo the body; /wait holds on until the client has gone.
class Indexed final : public Handler {
 public:
  Task<void> handle(Exchange& exchange) override {
    if (exchange.head().path == "/wait") {
      Signal left(exchange.reactor());
      exchange.watch(0, [&left] { left.raise(); });
      while (!exchange.gone()) co_await left.wait();
      exchange.watch(0, {});
      ++left_;
    } else if (exchange.head().path == "/echo") {
      const Result<std::string_view> body = co_await exchange.read_body(mib(1));
      if (body) exchange.respond(text(200, std::string(*body)));
    } else {
      exchange.respond(text(200, "reactor " + std::to_string(exchange.reactor().index())));
    }
  }
  Response refuse(const Error&, const wire::RequestHead*, const Sender&) override { return text(400, "refused"); }
  int left() const { return left_.load(); }

 private:
  static Response text(int status, std::string body) {
    Response response(status);
    response.body("text/plain", std::move(body));
    return response;
  }
  std::atomic<int> left_{0};
};

struct Reactors : testing::Test {
  void start(ServerLimits limits = {}, const Endpoint& at = Endpoint("127.0.0.1", 0)) {
    server = std::make_unique<HttpServer>(std::move(limits), handler, std::vector<Endpoint>{at});
    ASSERT_TRUE(server->start(pool.all()));
    pool.start();
  }
  void TearDown() override {
    server->stop_accepting();
    server->close_all();
    until([&] { return server->counts().open == 0 && server->counts().listeners == 0; });
    server.reset();
    pool.stop();
  }
  // The reactors run on threads of their own: this one waits with one more reactor, which has nothing to do.
  template <class F>
  void until(F condition) {
    Reactor here(9, clock);
    const auto patience = std::chrono::steady_clock::now() + seconds(30);
    while (!condition() && std::chrono::steady_clock::now() < patience) here.context().run_one_for(milliseconds(1));
    EXPECT_TRUE(condition());
  }
  std::unique_ptr<Client> connect() { return std::make_unique<Client>(server->bound().front()); }

  void serve_many_while_the_server_stops();

  const SystemClock clock;
  Indexed handler;
  ReactorPool pool{2, clock};
  std::unique_ptr<HttpServer> server;
};

TEST_F(Reactors, BothAccept) {
  start();
  EXPECT_EQ(server->counts().listeners, 2U);
  std::set<std::string> answered;
  for (int i = 0; i < 200 && answered.size() < 2; ++i) {
    const auto client = connect();
    client->send(get("/", "Connection: close\r\n"));
    ASSERT_TRUE(client->wait([&] { return client->ended; }));
    answered.insert(client->received.substr(client->received.size() - 9));
  }
  EXPECT_THAT(answered, testing::ElementsAre("reactor 0", "reactor 1"));
}

TEST_F(Reactors, ShareTheCaps) {
  ServerLimits limits;
  limits.connections = 8;
  start(limits);
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 40; ++i) {
    clients.push_back(connect());
    clients.back()->send(get("/"));
  }
  int served = 0;
  for (const auto& client : clients) {
    ASSERT_TRUE(client->wait([&] { return client->count("\r\n\r\n") > 0; }));
    served += client->received.starts_with("HTTP/1.1 200") ? 1 : 0;
  }
  EXPECT_EQ(served, 8);
  EXPECT_EQ(server->counts().accepted, 8U);
  EXPECT_EQ(server->counts().refused, 32U);
}

TEST_F(Reactors, SeeTheirClientsLeave) {
  start();
  for (int i = 0; i < 16; ++i) {
    const auto client = connect();
    client->send(get("/wait"));
    until([&] { return server->counts().requests == static_cast<std::uint64_t>(i) + 1; });
    if (i % 2 == 0) client->reset();
  }
  until([&] { return handler.left() == 16 && server->counts().open == 0; });
}

void Reactors::serve_many_while_the_server_stops() {
  std::atomic<int> begun{0}, answered{0}, turned_away{0};
  const auto visit = [&](int visitor) {
    const std::string body(static_cast<std::size_t>(1000 * (visitor + 1)), 'b');
    for (bool open = true; open;) {
      try {
        const auto client = connect();
        ++begun;
        client->send(post("/echo", body, "Connection: close\r\n"));
        const bool whole = client->wait([&] { return client->received.ends_with(body); });
        ++(whole ? answered : turned_away);
      } catch (const std::runtime_error&) {
        open = false;
      }
    }
  };
  {
    std::vector<std::jthread> visitors;
    for (int i = 0; i < 4; ++i) visitors.emplace_back(visit, i);
    until([&] { return answered > 100; });
    server->stop_accepting();
  }
  EXPECT_EQ(begun, answered + turned_away);
  EXPECT_GT(answered, 100);
  EXPECT_LE(turned_away, 8);  // those who came between the last look at a queue and its end
  until([&] { return server->counts().open == 0; });
}

TEST_F(Reactors, ServeManyWhileTheServerStops) {
  start();
  serve_many_while_the_server_stops();
}

TEST_F(Reactors, ShareAUnixSocket) {
  const TestSocketFolder folder;
  start({}, Endpoint::unix_socket(folder.path("s")));
  EXPECT_EQ(server->counts().listeners, 2U);
  serve_many_while_the_server_stops();
  EXPECT_FALSE(std::filesystem::exists(folder.path("s")));
}

TEST_F(Reactors, AreCutOffFromOutside) {
  start();
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 32; ++i) {
    clients.push_back(connect());
    clients.back()->send(i % 2 == 0 ? get("/wait") : get("/"));
  }
  until([&] { return server->counts().requests == 32; });
  server->close_all();
  for (const auto& client : clients) EXPECT_TRUE(client->wait([&] { return client->broken || client->ended; }));
  until([&] { return handler.left() == 16 && server->counts().open == 0; });
}

}  // namespace
}  // namespace gatehouse::net
