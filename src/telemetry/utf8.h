// telemetry/utf8.h — one character of UTF-8, strictly.
// Source   Unicode table 3-7: no overlong forms, no surrogates, nothing above U+10FFFF
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace gatehouse::telemetry {

struct Character {
  std::size_t size;  // bytes; 0: not well-formed
  std::uint32_t code_point;
};

// The character that text, which is not empty, begins with.
Character first_character(std::string_view text);

}  // namespace gatehouse::telemetry
