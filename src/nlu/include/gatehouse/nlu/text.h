// nlu/text.h — a text by its code points, and where each stands in the units that callers count in.
// Units    places are half-open and in code points of the text; a byte that is not UTF-8 counts as one
// Threads  value type
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/wire/nlu/answer.h"

namespace gatehouse::nlu {

// A stretch of a text. Where it is empty nothing of the text is meant: so do tokens that do not stand in it.
struct Place {
  std::uint32_t begin = 0, end = 0;
  bool empty() const { return begin == end; }
  friend auto operator<=>(const Place&, const Place&) = default;
};

class Text {
 public:
  explicit Text(std::string utf8);

  std::uint32_t size() const { return static_cast<std::uint32_t>(starts_.size() - 1); }
  std::string_view bytes() const { return utf8_; }
  // place lies within the text.
  std::string_view slice(Place place) const;
  wire::NluOffset offset(Place place, wire::OffsetUnit unit) const;

 private:
  std::uint32_t offset(std::uint32_t at, wire::OffsetUnit unit) const;

  std::string utf8_;
  std::vector<std::uint32_t> starts_;  // the byte at which each code point begins, and the end
  std::vector<std::uint32_t> astral_;  // code points beyond U+FFFF, which UTF-16 spells with two units
};

}  // namespace gatehouse::nlu
