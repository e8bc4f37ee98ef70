#include "locate.h"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>

#include "gatehouse/wire/json/utf8.h"

namespace gatehouse::wire {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

class Scanner {
 public:
  Scanner(std::string_view bytes, std::size_t max_depth) : bytes_(bytes), max_depth_(max_depth) {}

  LocatedFault run() {
    while (fault_ == JsonFault::none && step()) {
    }
    if (fault_ == JsonFault::none) return {};
    return {fault_, at_};
  }

 private:
  enum class Expect { value, value_or_end, key, key_or_end, comma_or_end };

  // -1 at the end.
  int peek() const { return at_ < bytes_.size() ? static_cast<unsigned char>(bytes_[at_]) : -1; }
  bool digit_here() const { return at_ < bytes_.size() && is_digit(bytes_[at_]); }
  void fail(JsonFault fault = JsonFault::syntax) { fault_ = fault; }
  bool take(char c) {
    if (peek() != static_cast<unsigned char>(c)) return false;
    ++at_;
    return true;
  }
  void skip_space() {
    while (at_ < bytes_.size() && std::string_view(" \t\n\r").find(bytes_[at_]) != std::string_view::npos) ++at_;
  }

  // One token. False when the document is complete.
  bool step() {
    skip_space();
    if (expect_ == Expect::comma_or_end && open_.empty()) {
      if (at_ != bytes_.size()) fail();
      return false;
    }
    switch (expect_) {
      case Expect::value_or_end:
        if (take(']')) return close(), true;
        [[fallthrough]];
      case Expect::value:
        return value(), true;
      case Expect::key_or_end:
        if (take('}')) return close(), true;
        [[fallthrough]];
      case Expect::key:
        return key(), true;
      case Expect::comma_or_end:
        return after_value(), true;
    }
    return false;
  }

  void after_value() {
    const bool in_object = open_.back() == '{';
    if (take(',')) {
      expect_ = in_object ? Expect::key : Expect::value;
    } else if (take(in_object ? '}' : ']')) {
      close();
    } else {
      fail();
    }
  }

  void key() {
    if (peek() != '"') return fail();
    string();
    if (fault_ != JsonFault::none) return;
    skip_space();
    if (!take(':')) return fail();
    expect_ = Expect::value;
  }

  void value() {
    expect_ = Expect::comma_or_end;
    switch (peek()) {
      case '{':
        return open('{', Expect::key_or_end);
      case '[':
        return open('[', Expect::value_or_end);
      case '"':
        return string();
      case 't':
        return literal("true");
      case 'f':
        return literal("false");
      case 'n':
        return literal("null");
      default:
        return number();
    }
  }

  void open(char kind, Expect next) {
    if (open_.size() == max_depth_) return fail(JsonFault::depth);
    open_.push_back(kind);
    ++at_;
    expect_ = next;
  }
  void close() {
    open_.pop_back();
    expect_ = Expect::comma_or_end;
  }

  void literal(std::string_view word) {
    for (const char c : word) {
      if (!take(c)) return fail();
    }
  }

  void number() {
    const std::size_t begin = at_;
    bool integral = true;
    take('-');
    if (!digit_here()) return fail();
    if (!take('0')) digits();
    if (take('.')) {
      integral = false;
      if (!digit_here()) return fail();
      digits();
    }
    if (take('e') || take('E')) {
      integral = false;
      if (!take('+')) take('-');
      if (!digit_here()) return fail();
      digits();
    }
    if (!fits(std::string(bytes_.substr(begin, at_ - begin)), integral)) {
      at_ = begin;
      fail(JsonFault::number_range);
    }
  }
  void digits() {
    while (digit_here()) ++at_;
  }
  static bool fits(const std::string& text, bool integral) {
    const char* end = text.data() + text.size();
    // tidy(number): from_chars does not tell a number that is too large from one that is too close to zero
    if (!integral) return std::isfinite(std::strtod(text.c_str(), nullptr));
    std::int64_t with_sign = 0;
    std::uint64_t without = 0;
    return std::from_chars(text.data(), end, with_sign).ec == std::errc{} ||
           (text[0] != '-' && std::from_chars(text.data(), end, without).ec == std::errc{});
  }

  void string() {
    ++at_;
    while (!take('"')) {
      if (peek() < 0x20) return fail();  // control byte, or the end
      if (peek() == '\\') {
        if (!escape()) return fail();
        continue;
      }
      const std::size_t length = utf8_sequence(bytes_.substr(at_));
      if (length == 0) return fail();
      at_ += length;
    }
  }
  bool escape() {
    ++at_;
    if (at_ == bytes_.size()) return false;
    if (bytes_[at_] != 'u') {
      if (std::string_view("\"\\/bfnrt").find(bytes_[at_]) == std::string_view::npos) return false;
      return ++at_, true;
    }
    ++at_;
    const std::optional<unsigned> unit = hex4();
    if (!unit || (*unit >= 0xDC00 && *unit < 0xE000)) return false;
    if (*unit < 0xD800 || *unit >= 0xE000) return true;
    if (!take('\\') || !take('u')) return false;
    const std::optional<unsigned> low = hex4();
    return low && *low >= 0xDC00 && *low < 0xE000;
  }
  std::optional<unsigned> hex4() {
    if (bytes_.size() - at_ < 4) return std::nullopt;
    unsigned unit = 0;
    const char* begin = bytes_.data() + at_;
    const auto [end, error] = std::from_chars(begin, begin + 4, unit, 16);
    if (error != std::errc{} || end != begin + 4) return std::nullopt;
    at_ += 4;
    return unit;
  }

  std::string_view bytes_;
  std::size_t max_depth_;
  std::size_t at_ = 0;
  std::string open_;
  Expect expect_ = Expect::value;
  JsonFault fault_ = JsonFault::none;
};

}  // namespace

LocatedFault locate_fault(std::string_view bytes, std::size_t max_depth) { return Scanner(bytes, max_depth).run(); }

std::size_t offset_of_string(std::string_view bytes, std::size_t n) {
  bool inside = false;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (inside && bytes[i] == '\\') {
      ++i;
    } else if (bytes[i] == '"') {
      if (!inside && n-- == 0) return i;
      inside = !inside;
    }
  }
  return bytes.size();
}

}  // namespace gatehouse::wire
