// The code point at the front of a text, and how many bytes it takes. A byte that begins none is taken alone, as U+FFFD.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "gatehouse/wire/json/utf8.h"

namespace gatehouse::nlu {

struct CodePoint {
  char32_t value = 0xFFFD;
  std::size_t bytes = 1;
};

inline CodePoint first_code_point(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const auto tail = [&](std::size_t i) { return static_cast<char32_t>(byte(i) & 0x3F); };
  switch (wire::utf8_sequence(text)) {
    case 1:
      return {byte(0), 1};
    case 2:
      return {(static_cast<char32_t>(byte(0) & 0x1F) << 6) | tail(1), 2};
    case 3:
      return {(static_cast<char32_t>(byte(0) & 0x0F) << 12) | (tail(1) << 6) | tail(2), 3};
    case 4:
      return {(static_cast<char32_t>(byte(0) & 0x07) << 18) | (tail(1) << 12) | (tail(2) << 6) | tail(3), 4};
    default:
      return {};
  }
}

}  // namespace gatehouse::nlu
