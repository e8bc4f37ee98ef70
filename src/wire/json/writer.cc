#include "gatehouse/wire/json/writer.h"

#include <array>
#include <charconv>
#include <cmath>

#include "gatehouse/wire/json/utf8.h"

namespace gatehouse::wire {
namespace {

// What a byte needs: 0 nothing, 'u' \u00xx, '8' a look at the UTF-8 sequence, else the letter behind the backslash.
constexpr std::array<char, 256> needs = [] {
  std::array<char, 256> table{};
  for (std::size_t i = 0; i < 0x20; ++i) table[i] = 'u';
  for (std::size_t i = 0x80; i < 0x100; ++i) table[i] = '8';
  table['"'] = '"';
  table['\\'] = '\\';
  table['\b'] = 'b';
  table['\f'] = 'f';
  table['\n'] = 'n';
  table['\r'] = 'r';
  table['\t'] = 't';
  return table;
}();

template <class Number>
void append_number(std::string& out, Number number) {
  std::array<char, 32> buffer;
  const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number);
  out.append(buffer.data(), end);
}

void append_escape(std::string& out, char byte, char need) {
  out.push_back('\\');
  if (need != 'u') return out.push_back(need);
  constexpr std::string_view digits = "0123456789abcdef";
  out.append("u00");
  out.push_back(digits[static_cast<unsigned char>(byte) >> 4]);
  out.push_back(digits[static_cast<unsigned char>(byte) & 15]);
}

}  // namespace

void append_json_escaped(std::string& out, std::string_view text) {
  std::size_t plain = 0;  // text[plain..i) waits to be copied as it is
  for (std::size_t i = 0; i < text.size();) {
    const char need = needs[static_cast<unsigned char>(text[i])];
    if (need == 0) {
      ++i;
      continue;
    }
    if (need == '8') {
      if (const std::size_t length = utf8_sequence(text.substr(i)); length != 0) {
        i += length;
        continue;
      }
    }
    out.append(text, plain, i - plain);
    if (need == '8') {
      out.append("\xEF\xBF\xBD");
    } else {
      append_escape(out, text[i], need);
    }
    plain = ++i;
  }
  out.append(text, plain, text.size() - plain);
}

JsonWriter& JsonWriter::key(std::string_view name) {
  value(name);
  out_->push_back(':');
  comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::value(std::string_view text) {
  separate();
  out_->push_back('"');
  append_json_escaped(*out_, text);
  out_->push_back('"');
  return *this;
}

JsonWriter& JsonWriter::value(double number) {
  if (!std::isfinite(number)) return null();
  separate();
  append_number(*out_, number);
  return *this;
}

JsonWriter& JsonWriter::value(float number) {
  if (!std::isfinite(number)) return null();
  separate();
  append_number(*out_, number);
  return *this;
}

JsonWriter& JsonWriter::integer(std::int64_t number) {
  separate();
  append_number(*out_, number);
  return *this;
}

JsonWriter& JsonWriter::natural(std::uint64_t number) {
  separate();
  append_number(*out_, number);
  return *this;
}

}  // namespace gatehouse::wire
