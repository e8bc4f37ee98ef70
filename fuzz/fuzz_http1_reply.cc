// Bytes that claim to be the reply of a server that we asked: the same result however they are cut, nothing taken behind the end, and
// no body longer than is allowed.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gatehouse/wire/http1/reply.h"

namespace {

namespace gw = gatehouse::wire;

constexpr std::size_t most_body = 256;

void require(bool holds) {
  if (!holds) std::abort();
}

struct Outcome {
  std::string error, body;
  std::vector<std::pair<std::string, std::string>> fields;
  int status = 0;
  bool done = false;
  bool operator==(const Outcome&) const = default;
};

// Status and fields as they were left, where the reply is whole.
Outcome read(std::string_view bytes, std::size_t piece, gw::Method asked) {
  Outcome outcome;
  gw::HttpReplyParser parser(asked, gw::HttpReplyLimits(most_body));
  std::size_t taken_in_all = 0;
  while (taken_in_all < bytes.size() && !parser.done()) {
    const std::string_view next = bytes.substr(taken_in_all, piece);
    const gatehouse::Result<std::size_t> taken = parser.take(next);
    if (!taken) return outcome.error = taken.error().reason(), outcome;
    require(*taken <= next.size() && (*taken == next.size() || parser.done()));
    taken_in_all += *taken;
  }
  const bool open_end = !parser.done();
  const gatehouse::Status finished = parser.finish();
  if (!finished) return outcome.error = finished.error().reason(), outcome;
  require(parser.done() && (open_end ? taken_in_all == bytes.size() : taken_in_all <= bytes.size()));
  gw::HttpReply reply = parser.take_reply();
  require(reply.status >= 200 && reply.status <= 599 && reply.body.size() <= most_body && reply.body.size() <= bytes.size());
  for (const auto& [name, value] : reply.fields) {
    require(!name.empty() && name.find_first_of(" \t:\r\n") == std::string::npos &&
            value.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
  }
  outcome.done = true;
  outcome.status = reply.status;
  outcome.fields = std::move(reply.fields);
  outcome.body = std::move(reply.body);
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  for (const gw::Method asked : {gw::Method::get, gw::Method::head}) {
    const Outcome whole = read(bytes, std::max<std::size_t>(size, 1), asked);
    require(read(bytes, 1, asked) == whole);
    require(read(bytes, 5, asked) == whole);
  }
  return 0;
}
