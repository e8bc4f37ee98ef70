// net/test_house.h — for tests: a server on loopback and its clients, all on one thread, with a clock that moves when it is told to.
// The sockets are real. Whatever needs the kernel is waited for with until() and its kin; time passes in pass() alone.
#pragma once
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/base/fake_clock.h"
#include "gatehouse/net/server.h"
#include "gatehouse/runtime/signal.h"
#include "test_client.h"

namespace gatehouse::net {

// Answers by path: /hello · /echo reads the body · /ignore leaves it · /close · /throw, /late-throw · /nothing ·
// /held/… waits for the test.
class TestHandler final : public Handler {
 public:
  struct Held {
    Exchange* exchange = nullptr;
    std::unique_ptr<Signal> over;
  };

  Task<void> handle(Exchange& exchange) override {
    const std::string path(exchange.head().path);
    seen.push_back(path);
    if (path == "/echo") {
      co_await echo(exchange);
    } else if (path == "/ignore") {
      exchange.respond(text(200, "ignored"));
    } else if (path == "/close") {
      exchange.respond(text(200, "bye").close_after());
    } else if (path == "/throw") {
      throw std::runtime_error("the handler broke");
    } else if (path == "/late-throw") {
      exchange.respond(text(200, "answered"));
      throw std::runtime_error("the handler broke after its answer");
    } else if (path.starts_with("/read/")) {
      const Result<std::string_view> body = co_await exchange.read_body(body_max);
      if (body) bodies.emplace_back(*body);
      co_await hold(exchange, path);
    } else if (path.starts_with("/held/")) {
      co_await hold(exchange, path);
    } else if (path != "/nothing") {
      exchange.respond(text(200, "hello"));
    }
  }
  Response refuse(const Error& error, const wire::RequestHead* head, const Sender& sender) override {
    if (refusals_throw) throw std::runtime_error("the refusal broke");
    refused.emplace_back(error.reason());
    refused_head = head != nullptr;
    refused_from = sender.address;
    return text(status_of(error.code()), refusal_size > 0 ? std::string(refusal_size, 'r') : std::string(error.reason()));
  }
  static Response text(int status, std::string body) {
    Response response(status);
    response.body("text/plain", std::move(body));
    return response;
  }

  ByteCount body_max = kib(64);
  std::size_t refusal_size = 0;  // 0: the reason is the body
  std::vector<std::string> seen, refused, bodies, body_errors;
  bool refused_head = false, refusals_throw = false;
  std::string refused_from;
  std::map<std::string, Held> held;

 private:
  static int status_of(Code code) {
    switch (code) {
      case Code::timeout:
        return 408;
      case Code::too_large:
        return 413;
      case Code::head_too_large:
        return 431;
      case Code::internal:
        return 500;
      case Code::unavailable:
        return 503;
      default:
        return 400;
    }
  }
  Task<void> echo(Exchange& exchange) {
    const Result<std::string_view> body = co_await exchange.read_body(body_max);
    if (body) {
      bodies.emplace_back(*body);
      exchange.respond(text(200, std::string(*body)));
      co_return;
    }
    body_errors.emplace_back(body.error().reason());
    if (!exchange.gone()) exchange.respond(refuse(body.error(), &exchange.head(), Sender{exchange.client_address(), exchange.reactor()}));
  }
  Task<void> hold(Exchange& exchange, const std::string& path) {
    Held& place = held[path];
    place.exchange = &exchange;
    place.over = std::make_unique<Signal>(exchange.reactor());
    co_await place.over->wait();
    held.erase(path);
  }
};

class House {
 public:
  explicit House(ServerLimits limits = {}, const Endpoint& at = Endpoint("127.0.0.1", 0))
      : reactor(0, clock), server(std::move(limits), handler, {at}) {
    if (!server.start({&reactor})) throw std::runtime_error("the server does not start");
    settle();
  }
  ~House() {
    server.stop_accepting();
    server.close_all();
    const bool over = until([this] {
      for (auto& [path, held] : handler.held) held.over->raise();
      return server.counts().open == 0;
    });
    EXPECT_TRUE(over) << "a connection outlives the server";
    settle();
  }
  House(const House&) = delete;
  House& operator=(const House&) = delete;

  Client& connect(int receive_buffer = 0) {
    clients_.push_back(std::make_unique<Client>(server.bound().front(), receive_buffer));
    return *clients_.back();
  }
  // A client that has said this much.
  Client& say(std::string_view bytes) {
    Client& client = connect();
    client.send(bytes);
    return client;
  }

  // Lets everything happen that can happen at once.
  void settle() {
    while (turn()) {
    }
  }
  // Waits for what the kernel brings; false when it does not come in a generous time.
  template <class F>
  [[nodiscard]] bool until(F condition) {
    const auto patience = std::chrono::steady_clock::now() + seconds(30);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > patience) return false;
      if (!turn()) reactor.context().run_one_for(milliseconds(1));
    }
    return true;
  }
  [[nodiscard]] bool hears(const Client& client, std::string_view part) {
    return until([&] { return client.received.find(part) != std::string::npos; });
  }
  [[nodiscard]] bool hears_times(const Client& client, std::string_view part, std::size_t times) {
    return until([&] { return client.count(part) >= times; });
  }
  [[nodiscard]] bool ends(const Client& client) {
    return until([&] { return client.ended; });
  }
  [[nodiscard]] bool breaks(const Client& client) {
    return until([&] { return client.broken; });
  }
  // The exchange of a handler that waits at this path.
  Exchange& held(const std::string& path) {
    if (!until([&] { return handler.held.contains(path); })) throw std::runtime_error("nobody came to " + path);
    return *handler.held[path].exchange;
  }
  void let_go(const std::string& path) { handler.held.at(path).over->raise(); }

  void pass(nanoseconds time) {
    for (; time > nanoseconds(0); time -= Reactor::tick_interval) {
      clock.advance(std::min<nanoseconds>(Reactor::tick_interval, time));
      reactor.tick();
      settle();
    }
  }
  // Lets time pass until then; false when it does not happen in that time.
  template <class F>
  [[nodiscard]] bool passing(nanoseconds at_most, F condition) {
    for (; !condition() && at_most > nanoseconds(0); at_most -= Reactor::tick_interval) pass(Reactor::tick_interval);
    return condition();
  }
  std::uint64_t open() const { return server.counts().open; }

  FakeClock clock;
  Reactor reactor;
  TestHandler handler;
  HttpServer server;

 private:
  bool turn() {
    bool moved = reactor.context().poll() > 0;
    for (const auto& client : clients_) moved = client->turn() || moved;
    return moved;
  }
  std::vector<std::unique_ptr<Client>> clients_;
};

inline constexpr nanoseconds two_ticks = 2 * Reactor::tick_interval;

}  // namespace gatehouse::net
