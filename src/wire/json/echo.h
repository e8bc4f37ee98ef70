// wire/json/echo.h — names that a caller made up, as far as they are told back.
#pragma once
#include <string_view>

namespace gatehouse::wire {

inline constexpr std::size_t longest_echo = 64;  // bytes

// The beginning, of whole characters of UTF-8.
constexpr std::string_view shorten(std::string_view text) {
  if (text.size() <= longest_echo) return text;
  std::size_t end = longest_echo;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

}  // namespace gatehouse::wire
