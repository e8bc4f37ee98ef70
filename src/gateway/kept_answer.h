// gateway/kept_answer.h — an answer as it is kept for whoever asks for it again, and how it is written down.
// Layout   lines that say 1 (the version), the status, whether it is a stream (0, 1), what it cost (may be empty) and its Content-Type;
//          then the body, of a stream all its events
// Threads  value types
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "gatehouse/net/exchange.h"

namespace gatehouse::gateway {

struct KeptAnswer {
  int status = 0;
  bool stream = false;
  std::string cost;  // as x-gatehouse-cost said it; empty: it said nothing
  std::string content_type;
  std::string body;
  friend bool operator==(const KeptAnswer&, const KeptAnswer&) = default;
};
std::string written(const KeptAnswer& answer);
// Nothing: it was written by a newer Gatehouse.
std::optional<KeptAnswer> read_kept_answer(std::string_view text);

// The body as it is for somebody whom it costs this: usage.cost says so, in each event that has it. What models say cannot look like that
// member, because quotation marks in it are escaped.
std::string body_at_cost(std::string_view body, std::string_view cost);

// Takes down what is answered as it goes, and holds back the end of it until it may be said.
class Recording {
 public:
  static constexpr std::size_t most = 1024UL * 1024;  // bytes of a body

  void cost(std::string_view cost) { answer_.cost = cost; }
  // A whole answer: it goes out when it is released.
  void whole(net::Response response);
  // One that goes out now.
  void note(const net::Response& response);
  void begin(const net::Response& head);
  void add(std::string_view piece);
  // The stream is over with this piece.
  void end(std::string_view piece);

  bool complete() const { return complete_; }
  // Only of one that is complete; null: it has more than is kept.
  const KeptAnswer* answer() const { return too_large_ ? nullptr : &answer_; }
  std::optional<net::Response> take_whole() { return std::move(held_); }
  const std::optional<std::string>& last_piece() const { return last_; }

 private:
  KeptAnswer answer_;
  bool too_large_ = false, complete_ = false;
  std::optional<net::Response> held_;
  std::optional<std::string> last_;
};

}  // namespace gatehouse::gateway
