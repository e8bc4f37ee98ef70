// wire/json/utf8.h — how long the well-formed UTF-8 sequence at the front is (0 where it is ill-formed or cut off), and how many there are.
// Threads  pure functions
// Source   The Unicode Standard, table 3-7
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace gatehouse::wire {

inline std::size_t utf8_sequence(std::string_view s) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(s[i]); };
  const auto continues = [&](std::size_t i) { return (byte(i) & 0xC0) == 0x80; };
  if (s.empty()) return 0;
  const std::uint8_t lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead < 0xC2 || lead > 0xF4) return 0;
  if (lead < 0xE0) return s.size() >= 2 && continues(1) ? 2 : 0;
  if (lead < 0xF0) {
    if (s.size() < 3 || !continues(1) || !continues(2)) return 0;
    if ((lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xED && byte(1) > 0x9F)) return 0;  // overlong, surrogate
    return 3;
  }
  if (s.size() < 4 || !continues(1) || !continues(2) || !continues(3)) return 0;
  if ((lead == 0xF0 && byte(1) < 0x90) || (lead == 0xF4 && byte(1) > 0x8F)) return 0;  // overlong, beyond U+10FFFF
  return 4;
}

// Code points of well-formed text.
inline std::size_t code_points(std::string_view s) {
  std::size_t n = 0;
  for (const char c : s) n += (static_cast<std::uint8_t>(c) & 0xC0) != 0x80 ? 1 : 0;
  return n;
}

}  // namespace gatehouse::wire
