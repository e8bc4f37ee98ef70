#include "gatehouse/base/base64url.h"

#include <array>
#include <cstdint>

namespace gatehouse {
namespace {

constexpr std::uint32_t foreign = 0x80;

constexpr std::array<std::uint8_t, 256> sextets = [] {
  std::array<std::uint8_t, 256> table{};
  table.fill(foreign);
  for (std::size_t i = 0; i < base64url_alphabet.size(); ++i) {
    table[static_cast<unsigned char>(base64url_alphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return table;
}();

std::uint32_t sextet(char c) { return sextets[static_cast<unsigned char>(c)]; }
std::uint32_t octet(char c) { return static_cast<unsigned char>(c); }
char letter(std::uint32_t bits) { return base64url_alphabet[bits & 63]; }

// The two or three characters behind the last group of four, as one or two bytes.
bool read_tail(std::string_view tail, char* to) {
  const std::uint32_t a = sextet(tail[0]), b = sextet(tail[1]), c = tail.size() == 3 ? sextet(tail[2]) : 0;
  const std::uint32_t unused = tail.size() == 3 ? c & 3 : b & 15;
  if (((a | b | c) & foreign) != 0 || unused != 0) return false;
  to[0] = static_cast<char>(a << 2 | b >> 4);
  if (tail.size() == 3) to[1] = static_cast<char>(b << 4 | c >> 2);
  return true;
}

}  // namespace

void append_base64url(std::string& out, std::string_view bytes) {
  out.reserve(out.size() + (bytes.size() * 4 + 2) / 3);
  std::size_t i = 0;
  for (; i + 3 <= bytes.size(); i += 3) {
    const std::uint32_t group = octet(bytes[i]) << 16 | octet(bytes[i + 1]) << 8 | octet(bytes[i + 2]);
    for (const int shift : {18, 12, 6, 0}) out.push_back(letter(group >> shift));
  }
  if (bytes.size() - i == 1) {
    out.push_back(letter(octet(bytes[i]) >> 2));
    out.push_back(letter(octet(bytes[i]) << 4));
  } else if (bytes.size() - i == 2) {
    const std::uint32_t group = octet(bytes[i]) << 8 | octet(bytes[i + 1]);
    for (const int shift : {10, 4}) out.push_back(letter(group >> shift));
    out.push_back(letter(group << 2));
  }
}

std::string to_base64url(std::string_view bytes) {
  std::string out;
  append_base64url(out, bytes);
  return out;
}

bool read_base64url(std::string_view text, std::string& out) {
  const std::size_t rest = text.size() % 4;
  if (rest == 1) return false;
  out.resize(text.size() / 4 * 3 + (rest == 0 ? 0 : rest - 1));
  char* to = out.data();
  std::size_t i = 0;
  for (; i + 4 <= text.size(); i += 4) {
    const std::uint32_t a = sextet(text[i]), b = sextet(text[i + 1]), c = sextet(text[i + 2]), d = sextet(text[i + 3]);
    if (((a | b | c | d) & foreign) != 0) return false;
    const std::uint32_t group = a << 18 | b << 12 | c << 6 | d;
    *to++ = static_cast<char>(group >> 16);
    *to++ = static_cast<char>(group >> 8);
    *to++ = static_cast<char>(group);
  }
  return rest == 0 || read_tail(text.substr(i), to);
}

std::optional<std::string> from_base64url(std::string_view text) {
  std::string out;
  if (!read_base64url(text, out)) return std::nullopt;
  return out;
}

}  // namespace gatehouse
