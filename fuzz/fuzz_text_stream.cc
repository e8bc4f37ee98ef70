// Bytes of tokens and stop strings: however they are cut, what is shown is whole characters, up to the first stop string that is complete.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/engine/text_stream.h"

namespace {

using gatehouse::engine::TextStream;

constexpr std::size_t most_bytes = 4096;  // the definition below takes its time

void require(bool holds) {
  if (!holds) std::abort();
}

struct Shown {
  std::string text, stop;
  bool stopped = false;
};

Shown push_all(const std::vector<std::string>& stops, std::string_view bytes, std::size_t piece) {
  TextStream stream(stops);
  Shown shown;
  for (; !bytes.empty() && !stream.stopped(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
    stream.push(bytes.substr(0, piece), shown.text);
    require(stream.shown() == shown.text.size() && stream.shown() <= stream.pushed());
  }
  stream.finish(shown.text);
  shown.stop = stream.stopped_by(), shown.stopped = stream.stopped();
  return shown;
}

std::string as_text(std::string_view bytes) { return push_all({}, bytes, bytes.size() + 1).text; }

// By the definition, without any cleverness.
Shown cut_at_stop(std::string_view text, const std::vector<std::string>& stops) {
  for (std::size_t end = 1; end <= text.size(); ++end) {
    std::string_view met;
    for (const std::string& stop : stops) {
      const bool counts = !stop.empty() && as_text(stop) == stop && text.substr(0, end).ends_with(stop);
      if (counts && stop.size() > met.size()) met = stop;
    }
    if (!met.empty()) return {std::string(text.substr(0, end - met.size())), std::string(met), true};
  }
  return {std::string(text), {}, false};
}

void require_same(const Shown& a, const Shown& b) { require(a.text == b.text && a.stop == b.stop && a.stopped == b.stopped); }

}  // namespace

// One byte: how many stop strings (up to 4); one: how long the pieces are; each stop string behind its length; the rest is text.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (bytes.size() < 2 || bytes.size() > most_bytes) return 0;
  const std::size_t count = static_cast<unsigned char>(bytes[0]) % 5, piece = static_cast<unsigned char>(bytes[1]) % 16 + 1;
  bytes.remove_prefix(2);
  std::vector<std::string> stops;
  while (stops.size() < count && !bytes.empty()) {
    const std::size_t length = static_cast<unsigned char>(bytes[0]) % 16;
    bytes.remove_prefix(1);
    stops.emplace_back(bytes.substr(0, length));
    bytes.remove_prefix(std::min(length, bytes.size()));
  }
  const Shown expected = cut_at_stop(as_text(bytes), stops);
  require_same(push_all(stops, bytes, bytes.size() + 1), expected);
  require_same(push_all(stops, bytes, piece), expected);
  require_same(push_all(stops, bytes, 1), expected);
  return 0;
}
