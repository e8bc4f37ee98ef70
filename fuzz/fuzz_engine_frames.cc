// Bytes from either side of the joint: nothing may harm the reader, and what decodes must mean the same after another trip.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "gatehouse/wire/engine/frames.h"

namespace {

namespace we = gatehouse::wire::engine;

void require(bool holds) {
  if (!holds) std::abort();
}

void check_round_trip(we::Sender sender, const we::Frame& frame) {
  we::FrameReader again(sender);
  we::encode(frame.job, frame.body, again.buffer());
  auto next = again.next();
  require(next.ok() && next->has_value());
  require((*next)->job == frame.job && (*next)->body == frame.body);
  next = again.next();
  require(next.ok() && !next->has_value() && again.buffer().empty());
}

// Whole or in pieces, the reader gives the same frames. Returns how many came before the end or an error.
std::size_t read_all(we::Sender sender, std::string_view bytes, std::size_t piece, bool check) {
  we::FrameReader reader(sender);
  std::size_t frames = 0;
  while (!bytes.empty()) {
    reader.append(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
    for (;;) {
      auto next = reader.next();
      if (!next) return frames;
      if (!next->has_value()) break;
      ++frames;
      if (check) check_round_trip(sender, **next);
    }
  }
  return frames;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  for (const we::Sender sender : {we::Sender::front, we::Sender::engine}) {
    require(read_all(sender, bytes, size + 1, true) == read_all(sender, bytes, 7, false));
  }
  return 0;
}
