// gateway/egress.h — the one way out: adds what every answer carries, and remembers what was said for log and metrics.
// Threads  the reactor of the connection
#pragma once
#include <chrono>
#include <string>
#include <string_view>

#include "gatehouse/base/error.h"
#include "gatehouse/gateway/route.h"
#include "gatehouse/net/exchange.h"

namespace gatehouse::gateway {

// What every answer carries: X-Request-Id, X-Process-Time and the security fields.
void add_standing_fields(net::Response& response, std::string_view request_id, std::chrono::microseconds spent);

class Egress {
 public:
  Egress(net::Exchange& exchange, Dialect dialect, std::string request_id)
      : exchange_(exchange), dialect_(dialect), request_id_(std::move(request_id)) {}

  void respond(net::Response response);
  void respond(const Error& error);
  void begin_stream(net::Response response);

  net::Exchange& exchange() const { return exchange_; }
  Dialect dialect() const { return dialect_; }
  void use_dialect(Dialect dialect) { dialect_ = dialect; }
  const std::string& request_id() const { return request_id_; }

  bool answered() const { return status_ != 0; }
  int status() const { return status_; }
  // The reason of what went wrong, empty when nothing did. Error events inside a stream are told by who sends them.
  std::string_view error() const { return error_; }
  void note(const Error& error);

 private:
  void dress(net::Response& response);

  net::Exchange& exchange_;
  Dialect dialect_;
  const std::string request_id_;
  int status_ = 0;
  std::string_view error_;
};

}  // namespace gatehouse::gateway
