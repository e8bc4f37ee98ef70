// Bytes behind the head of a chunked request: the same body and the same end however they are cut, never more than was sent, never a
// byte of the next message, and where we accept, Boost.Beast (which is laxer) reads the same body out of the same bytes.
#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <string>
#include <string_view>

#include "gatehouse/wire/http1/parser.h"

namespace {

namespace gw = gatehouse::wire;
namespace http = boost::beast::http;

constexpr std::string_view head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

void require(bool holds) {
  if (!holds) std::abort();
}

enum class Keep { body, nothing };

struct Outcome {
  std::string body, error;
  std::size_t consumed = 0;
  bool done = false;
};

// A parser that has read one chunked message before, so that what it keeps between messages is under test too.
void prepare(gw::Http1Parser& parser) {
  constexpr std::string_view before = "1;a=\"b\"\r\nx\r\n0\r\nY: z\r\n\r\n";
  require(parser.take_head(head).ok());
  require(parser.take_body(before, nullptr).ok() && parser.body_done());
  parser.next();
  require(parser.take_head(head).ok() && parser.head_done());
}

Outcome decode(std::string_view bytes, std::size_t piece, Keep keep) {
  Outcome outcome;
  gw::Http1Parser parser{gw::Http1Limits()};
  prepare(parser);
  while (!parser.body_done() && outcome.consumed < bytes.size()) {
    const std::string_view next = bytes.substr(outcome.consumed, piece);
    const auto taken = parser.take_body(next, keep == Keep::body ? &outcome.body : nullptr);
    if (!taken) {
      const gatehouse::Code code = taken.error().code();
      require(code == gatehouse::Code::invalid_argument || code == gatehouse::Code::head_too_large);
      outcome.error = std::string(taken.error().reason()) + taken.error().public_text();
      break;
    }
    require(*taken > 0 && *taken <= next.size() && (*taken == next.size() || parser.body_done()));
    outcome.consumed += *taken;
  }
  require(outcome.body.size() <= bytes.size());
  outcome.done = parser.body_done();
  require(!outcome.done || outcome.error.empty());
  return outcome;
}

// The message ends with the first empty line behind its last chunk, and not a byte later.
void check_end(const Outcome& outcome, std::string_view bytes) {
  require(bytes.substr(0, outcome.consumed).ends_with("\r\n\r\n"));
  require(outcome.body.size() + 5 <= outcome.consumed);
  const Outcome alone = decode(bytes.substr(0, outcome.consumed), bytes.size(), Keep::body);
  require(alone.done && alone.consumed == outcome.consumed && alone.body == outcome.body);
  require(!decode(bytes.substr(0, outcome.consumed - 1), bytes.size(), Keep::body).done);
}

void check_against_beast(const Outcome& outcome, std::string_view bytes) {
  http::request_parser<http::string_body> beast;
  beast.eager(true);
  beast.body_limit(boost::none);
  beast.header_limit(std::numeric_limits<std::uint32_t>::max());
  const std::string message = std::string(head).append(bytes.substr(0, outcome.consumed));
  std::size_t at = 0;
  while (at < message.size() && !beast.is_done()) {
    boost::beast::error_code why;
    const std::size_t n = beast.put(boost::asio::const_buffer(message.data() + at, message.size() - at), why);
    require(!why && n > 0);
    at += n;
  }
  require(beast.is_done() && at == message.size() && beast.get().body() == outcome.body);
}

}  // namespace

// The first byte says how the rest is cut.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Outcome whole = decode(bytes, bytes.size(), Keep::body);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{2} + data[0] % 64}) {
    for (const Keep keep : {Keep::body, Keep::nothing}) {
      const Outcome cut = decode(bytes, piece, keep);
      require(cut.error == whole.error && cut.done == whole.done);
      require(cut.consumed == whole.consumed || !whole.error.empty());  // what was taken before an error depends on the cut
      require(keep == Keep::nothing || cut.body == whole.body);
    }
  }
  if (!whole.done) return 0;
  check_end(whole, bytes);
  check_against_beast(whole, bytes);
  return 0;
}
