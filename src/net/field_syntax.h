// net/field_syntax.h — what may stand in the head of a message (RFC 9110, section 5).
#pragma once
#include <algorithm>
#include <string_view>

namespace gatehouse::net {

constexpr bool is_token(std::string_view text) {
  constexpr std::string_view others = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [others](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || others.find(c) != std::string_view::npos;
  });
}

// Bytes above ASCII included, tabs, too; line ends and other controls not.
constexpr bool is_field_value(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; });
}

}  // namespace gatehouse::net
