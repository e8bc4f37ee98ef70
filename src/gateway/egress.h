// gateway/egress.h — the one way out: adds what every answer carries, and remembers what was said for log and metrics.
// Threads  the reactor of the connection
#pragma once
#include <chrono>
#include <string>
#include <string_view>

#include "gatehouse/base/error.h"
#include "gatehouse/gateway/edge.h"
#include "gatehouse/gateway/route.h"
#include "gatehouse/net/asker.h"
#include "gatehouse/net/exchange.h"
#include "kept_answer.h"
#include "negotiation.h"

namespace gatehouse::gateway {

// What every answer carries: X-Request-Id (Anthropic's clients read it as request-id), X-Process-Time and the security fields. A page's own
// Content-Security-Policy stays.
struct Standing {
  std::string_view request_id;
  std::chrono::microseconds spent{0};
  bool https = false;
  Dialect dialect = Dialect::api;
};
void add_standing_fields(net::Response& response, const Standing& standing);

class Egress {
 public:
  Egress(net::Exchange& exchange, const EdgeRules& rules, std::string request_id)
      : exchange_(exchange),
        rules_(rules),
        client_(net::find_asker(exchange.head(), exchange.client_address(), rules.proxies)),
        dialect_(dialect_of(exchange.head().path)),
        request_id_(std::move(request_id)) {}

  void respond(net::Response response);
  void respond(const Error& error);
  void begin_stream(net::Response response);
  void send(std::string_view piece) {
    if (recording_ != nullptr) recording_->add(piece);
    exchange_.send(piece);
  }
  // With a last piece.
  void end_stream(std::string_view piece);

  // From now on what is answered is taken down, and its end waits for release().
  void record(Recording& recording) { recording_ = &recording, holds_ = true; }
  // The same, and nothing waits.
  void note_down(Recording& recording) { recording_ = &recording, holds_ = false; }
  bool holds_end() const { return recording_ != nullptr && holds_; }
  void forget_recording() { recording_ = nullptr; }
  void release();

  net::Exchange& exchange() const { return exchange_; }
  Dialect dialect() const { return dialect_; }
  Language language() const { return language_for(exchange_.head()); }
  // What the envelope has found for the path.
  void use_route(const RouteMatch& match) { dialect_ = match.dialect, route_ = match.route; }
  // Who asks: the peer, or whom a trusted proxy speaks for. Limits by address go by this one.
  const net::Asker& client() const { return client_; }
  const std::string& request_id() const { return request_id_; }

  // Lines that say how limits stand; they go with the answer, whatever that is.
  std::string* limits() { return &limits_; }
  // What a whole answer has cost.
  void set_cost(std::string_view cost) {
    if (recording_ != nullptr) recording_->cost(cost);
    limits_.append("x-gatehouse-cost: ").append(cost).append("\r\n");
  }

  // hit, miss …: for as long as there is a cache. The text outlives the answer.
  void set_cache(std::string_view said) { cache_ = said; }

  bool answered() const { return status_ != 0; }
  int status() const { return status_; }
  // The reason of what went wrong, empty when nothing did. Error events inside a stream are told by who sends them.
  std::string_view error() const { return error_; }
  void note(const Error& error);

 private:
  void dress(net::Response& response);
  void compress(net::Response& response) const;

  net::Exchange& exchange_;
  const EdgeRules& rules_;
  const net::Asker client_;
  const Route* route_ = nullptr;
  Dialect dialect_;
  const std::string request_id_;
  std::string limits_;
  std::string_view cache_;          // empty: there is none
  Recording* recording_ = nullptr;  // null: nobody asks for it again
  bool holds_ = false;
  int status_ = 0;
  std::string_view error_;
};

}  // namespace gatehouse::gateway
