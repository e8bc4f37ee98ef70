#include "terminal_text.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "gatehouse/wire/json/utf8.h"

namespace gatehouse::app {
namespace {

struct Letter {
  std::size_t size;  // bytes; at least 1
  std::uint32_t code_point;
  bool well_formed;
};

Letter first_letter(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<std::uint32_t>(static_cast<std::uint8_t>(text[i])); };
  const std::size_t size = wire::utf8_sequence(text);
  if (size == 0) return {1, byte(0), false};
  std::uint32_t code_point = size == 1 ? byte(0) : byte(0) & (0x7FU >> size);
  for (std::size_t i = 1; i < size; ++i) code_point = code_point << 6U | (byte(i) & 0x3FU);
  return {size, code_point, true};
}

bool is_control(std::uint32_t c) { return c < 0x20 || (c >= 0x7F && c <= 0x9F); }

struct CodeRange {
  std::uint32_t first, last;
};

// Line separators, what turns the direction of writing around, and what Unicode says to leave out where it is not known
// (Default_Ignorable_Code_Point): two names that differ in that alone look like one.
constexpr std::array misleading{
    CodeRange{0x00AD, 0x00AD},   CodeRange{0x034F, 0x034F}, CodeRange{0x061C, 0x061C},   CodeRange{0x115F, 0x1160},
    CodeRange{0x17B4, 0x17B5},   CodeRange{0x180B, 0x180F}, CodeRange{0x200B, 0x200F},   CodeRange{0x2028, 0x202E},
    CodeRange{0x2060, 0x206F},   CodeRange{0x3164, 0x3164}, CodeRange{0xFE00, 0xFE0F},   CodeRange{0xFEFF, 0xFEFF},
    CodeRange{0xFFA0, 0xFFA0},   CodeRange{0xFFF0, 0xFFFB}, CodeRange{0x1BCA0, 0x1BCA3}, CodeRange{0x1D173, 0x1D17A},
    CodeRange{0xE0000, 0xE0FFF},
};

bool misleads(std::uint32_t c) {
  return std::ranges::any_of(misleading, [c](const CodeRange& range) { return c >= range.first && c <= range.last; });
}

bool is_harmless(const Letter& letter) { return letter.well_formed && !is_control(letter.code_point) && !misleads(letter.code_point); }

void append_hex(std::string& out, std::uint32_t number, int digits) {
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) out += "0123456789abcdef"[(number >> static_cast<unsigned>(shift)) & 15U];
}

// As JSON spells it: two halves for what has more than 16 bits.
void append_unicode_escape(std::string& out, std::uint32_t c) {
  if (c > 0xFFFF) {
    append_hex(out.append("\\u"), 0xD800U + ((c - 0x10000U) >> 10U), 4);
    c = 0xDC00U + ((c - 0x10000U) & 0x3FFU);
  }
  append_hex(out.append("\\u"), c, 4);
}

}  // namespace

std::string for_terminal(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Letter letter = first_letter(text);
    if (text.front() == '\\') {
      out.append("\\\\");
    } else if (is_harmless(letter)) {
      out.append(text.substr(0, letter.size));
    } else {
      for (const char c : text.substr(0, letter.size)) append_hex(out.append("\\x"), static_cast<std::uint8_t>(c), 2);
    }
    text.remove_prefix(letter.size);
  }
  return out;
}

std::string json_for_terminal(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  while (!json.empty()) {
    const Letter letter = first_letter(json);
    // Ends of lines stand between members alone: within a text they are escaped.
    if (is_harmless(letter) || json.front() == '\n') {
      out.append(json.substr(0, letter.size));
    } else {
      append_unicode_escape(out, letter.well_formed ? letter.code_point : 0xFFFD);
    }
    json.remove_prefix(letter.size);
  }
  return out;
}

}  // namespace gatehouse::app
