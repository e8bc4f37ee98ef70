#include "gatehouse/engine/text_stream.h"

#include <algorithm>
#include <utility>

namespace gatehouse::engine {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

struct Range {
  unsigned char first, last;
};

std::size_t character_bytes(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return 2;
  if (lead >= 0xE0 && lead <= 0xEF) return 3;
  if (lead >= 0xF0 && lead <= 0xF4) return 4;
  return 0;  // begins no character
}

// What may follow the bytes of an unfinished character (Unicode, table 3-7: neither overlong forms nor surrogates).
Range continuation(std::string_view unfinished) {
  if (unfinished.size() > 1) return {0x80, 0xBF};
  switch (static_cast<unsigned char>(unfinished.front())) {
    case 0xE0:
      return {0xA0, 0xBF};
    case 0xED:
      return {0x80, 0x9F};
    case 0xF0:
      return {0x90, 0xBF};
    case 0xF4:
      return {0x80, 0x8F};
    default:
      return {0x80, 0xBF};
  }
}

// Appends to whole what the byte completes: nothing, a character, or the mark for bytes that are none; what it begins stays in unfinished.
void take_byte(char byte, std::string& unfinished, std::string& whole) {
  const auto b = static_cast<unsigned char>(byte);
  if (!unfinished.empty()) {
    const Range allowed = continuation(unfinished);
    if (b >= allowed.first && b <= allowed.last) {
      unfinished.push_back(byte);
      if (unfinished.size() < character_bytes(static_cast<unsigned char>(unfinished.front()))) return;
      whole.append(unfinished);
      unfinished.clear();
      return;
    }
    whole.append(replacement);
    unfinished.clear();
  }
  switch (character_bytes(b)) {
    case 0:
      whole.append(replacement);
      break;
    case 1:
      whole.push_back(byte);
      break;
    default:
      unfinished.push_back(byte);
  }
}

bool is_well_formed(std::string_view text) {
  std::string unfinished, whole;
  for (const char byte : text) take_byte(byte, unfinished, whole);
  return whole == text;
}

}  // namespace

TextStream::TextStream(std::vector<std::string> stops) {
  for (std::string& text : stops) {
    if (text.empty() || !is_well_formed(text)) continue;
    Stop stop{.text = std::move(text), .border = {}, .matched = 0};
    stop.border.resize(stop.text.size(), 0);
    for (std::size_t i = 1, k = 0; i < stop.text.size(); ++i) {
      while (k > 0 && stop.text[i] != stop.text[k]) k = stop.border[k - 1];
      if (stop.text[i] == stop.text[k]) ++k;
      stop.border[i] = static_cast<std::uint32_t>(k);
    }
    stops_.push_back(std::move(stop));
  }
}

// How far each stop string has come after one more byte; the length of the longest that is now complete, or 0.
std::size_t TextStream::advance(char byte) {
  std::size_t met = 0;
  for (Stop& stop : stops_) {
    while (stop.matched > 0 && stop.text[stop.matched] != byte) stop.matched = stop.border[stop.matched - 1];
    if (stop.text[stop.matched] == byte) ++stop.matched;
    if (stop.matched == stop.text.size()) met = std::max(met, stop.text.size());
  }
  return met;
}

// What is held back is a beginning of a stop string, so it need not be kept: the longest one matched.
std::string_view TextStream::held() const {
  std::string_view longest;
  for (const Stop& stop : stops_) {
    if (stop.matched > longest.size()) longest = std::string_view(stop.text).substr(0, stop.matched);
  }
  return longest;
}

bool TextStream::push(std::string_view bytes, std::string& out) {
  if (stopped_) return true;
  const std::string_view before = held();
  // What was held back and what came since, without the last bytes.
  const auto show_all_but = [&](std::size_t last) {
    const std::size_t shows = before.size() + fresh_.size() - last;
    out.append(before.substr(0, shows));
    if (shows > before.size()) out.append(fresh_, 0, shows - before.size());
    whole_ += fresh_.size();
    shown_ += shows;
  };
  fresh_.clear();
  std::size_t seen = 0;
  for (const char byte : bytes) {
    take_byte(byte, unfinished_, fresh_);
    for (; seen < fresh_.size(); ++seen) {
      const std::size_t met = advance(fresh_[seen]);
      if (met == 0) continue;
      fresh_.resize(seen + 1);
      show_all_but(met);
      stopped_by_.append(before).append(fresh_).erase(0, before.size() + fresh_.size() - met);
      return stopped_ = true;
    }
  }
  show_all_but(held().size());
  return false;
}

void TextStream::finish(std::string& out) {
  if (stopped_) return;
  shown_ += held().size();
  out.append(held());
  unfinished_.clear();
  for (Stop& stop : stops_) stop.matched = 0;
}

}  // namespace gatehouse::engine
