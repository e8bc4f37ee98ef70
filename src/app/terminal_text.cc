#include "terminal_text.h"

#include <algorithm>
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

// Line separators, and what turns the direction of writing around.
bool misleads(std::uint32_t c) {
  return c == 0x061C || c == 0x200E || c == 0x200F || (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

bool is_harmless(const Letter& letter) { return letter.well_formed && !is_control(letter.code_point) && !misleads(letter.code_point); }

void append_hex(std::string& out, std::uint32_t number, int digits) {
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) out += "0123456789abcdef"[(number >> static_cast<unsigned>(shift)) & 15U];
}

}  // namespace

std::string for_terminal(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Letter letter = first_letter(text);
    if (is_harmless(letter)) {
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
      append_hex(out.append("\\u"), letter.well_formed ? letter.code_point : 0xFFFD, 4);
    }
    json.remove_prefix(letter.size);
  }
  return out;
}

}  // namespace gatehouse::app
