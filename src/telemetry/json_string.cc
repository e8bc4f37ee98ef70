#include "json_string.h"

#include <array>
#include <cstdint>
#include <cstring>

#include "gatehouse/base/sixteen.h"
#include "utf8.h"

namespace gatehouse::telemetry {
namespace {

constexpr std::array<bool, 256> make_plain(bool quoted) {
  std::array<bool, 256> plain{};
  for (std::size_t c = 0x20; c < 0x7F; ++c) plain[c] = c != '\\' && !(quoted && c == '"');
  return plain;
}
constexpr std::array<bool, 256> plain_quoted = make_plain(true), plain_bare = make_plain(false);

// Whether eight characters stand as they are; one that does may be taken for one that does not, and is then looked at by itself.
bool are_plain(std::uint64_t x) {
  constexpr std::uint64_t ones = 0x0101010101010101, tops = 0x8080808080808080;
  const auto hold = [x](char c) {
    const std::uint64_t apart = x ^ (ones * static_cast<unsigned char>(c));
    return (apart - ones) & ~apart;
  };
  return ((x | ((x - ones * 0x20) & ~x) | hold('"') | hold('\\') | hold('\x7F')) & tops) == 0;
}

template <class Characters>
Characters read_as(const char* text) {
  Characters read = 0;
  std::memcpy(&read, text, sizeof read);
  return read;
}

bool sixteen_are_plain(const char* text) {
  const Sixteen here = sixteen_at(text);
  const auto others = (here < sixteen_times(' ')) | (here > sixteen_times(0x7E));
  return !any_of(others | (here == sixteen_times('"')) | (here == sixteen_times('\\')));
}

// As nearly every text in a log is. The last characters may be looked at twice.
bool is_plain(std::string_view text) {
  constexpr std::size_t short_step = 4, step = 8, long_step = sizeof(Sixteen);
  if (text.size() < short_step) return false;
  if (text.size() < step) {
    const std::uint64_t first = read_as<std::uint32_t>(text.data());
    return are_plain(first << 32U | read_as<std::uint32_t>(text.data() + text.size() - short_step));
  }
  if (text.size() < long_step) {
    return are_plain(read_as<std::uint64_t>(text.data())) && are_plain(read_as<std::uint64_t>(text.data() + text.size() - step));
  }
  for (std::size_t i = 0; i + long_step <= text.size(); i += long_step) {
    if (!sixteen_are_plain(text.data() + i)) return false;
  }
  return sixteen_are_plain(text.data() + text.size() - long_step);
}

void append_code(std::string& out, std::uint32_t code_point) {
  static constexpr char digits[] = "0123456789abcdef";
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out += digits[(code_point >> shift) & 15U];
}

void append_ascii(std::string& out, char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      append_code(out, static_cast<unsigned char>(c));
  }
}

// C1 controls (0x9B starts a terminal sequence), line separators, and what turns the direction of writing around.
bool harmful(std::uint32_t c) {
  return (c >= 0x80 && c <= 0x9F) || c == 0x2028 || c == 0x2029 || (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

void append_escaped(std::string& out, std::string_view text, const std::array<bool, 256>& plain) {
  if (is_plain(text)) return static_cast<void>(out.append(text));
  std::size_t i = 0;
  while (i < text.size()) {
    const std::size_t start = i;
    while (i < text.size() && plain[static_cast<unsigned char>(text[i])]) ++i;
    out.append(text, start, i - start);
    if (i == text.size()) return;
    if (static_cast<unsigned char>(text[i]) < 0x80) {
      append_ascii(out, text[i++]);
      continue;
    }
    const Character c = first_character(text.substr(i));
    if (c.size == 0) {
      out += "\xEF\xBF\xBD";
    } else if (harmful(c.code_point)) {
      append_code(out, c.code_point);
    } else {
      out.append(text, i, c.size);
    }
    i += c.size == 0 ? 1 : c.size;
  }
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  append_escaped(out, text, plain_quoted);
  out += '"';
}

void append_plain(std::string& out, std::string_view text) { append_escaped(out, text, plain_bare); }

}  // namespace gatehouse::telemetry
