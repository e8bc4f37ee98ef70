#include "gatehouse/telemetry/audit_content.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace gatehouse::telemetry {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_letter(char c) { return is_lower(c) || is_upper(c); }
bool is_alphanumeric(char c) { return is_digit(c) || is_letter(c); }
bool is_key_character(char c) { return is_alphanumeric(c) || c == '_' || c == '-'; }
bool is_base64_character(char c) { return is_key_character(c) || c == '+' || c == '/'; }
bool is_local_character(char c) { return is_key_character(c) || c == '.' || c == '+' || c == '%'; }
bool is_host_character(char c) { return is_alphanumeric(c) || c == '.' || c == '-'; }

template <class Is>
std::size_t length_of(std::string_view text, const Is& is) {
  return static_cast<std::size_t>(std::ranges::find_if_not(text, is) - text.begin());
}

// -- words ----------------------------------------------------------------------------------------------------------------

// A run of characters is looked at once, from where it begins, so that a text costs what it is long. What is found in no run as a whole is
// in no part of it, either: that holds for each of these, and is why masking what is masked changes nothing.
struct Look {
  std::size_t run = 0;     // how long the run is that the text begins with
  std::size_t masked = 0;  // how much of the text goes with it; 0: nothing of that kind
};

Look look_for_email(std::string_view text) {
  const std::size_t local = length_of(text, is_local_character);
  if (local == 0 || local >= text.size() || text[local] != '@') return {local, 0};
  std::string_view host = text.substr(local + 1);
  host = host.substr(0, length_of(host, is_host_character));
  while (!host.empty() && !is_alphanumeric(host.back())) host.remove_suffix(1);
  return {local, host.find('.') == std::string_view::npos ? 0 : local + 1 + host.size()};
}

// So many characters of a base64 text, and how they are mixed: words, names and paths change less often between small letters, capitals
// and digits, and have more between them.
class Mixture {
 public:
  static constexpr std::size_t width = 20;

  void add(char c, char before) { count(c, before, true); }
  void remove(char c, char behind) { count(c, behind, false); }
  bool is_random() const { return lower_ > 0 && upper_ > 0 && digits_ > 0 && changes_ >= 7 && others_ <= 1; }

 private:
  enum class Class : std::uint8_t { other, lower, upper, digit };
  static Class class_of(char c) {
    if (is_lower(c)) return Class::lower;
    if (is_upper(c)) return Class::upper;
    return is_digit(c) ? Class::digit : Class::other;
  }
  std::size_t& members_of(Class one) {
    if (one == Class::lower) return lower_;
    if (one == Class::upper) return upper_;
    return one == Class::digit ? digits_ : others_;
  }
  void count(char c, char beside, bool more) {
    const Class own = class_of(c), next = class_of(beside);
    const bool changes = own != Class::other && next != Class::other && own != next;
    // What fills up the end says nothing.
    if (c != '=') more ? ++members_of(own) : --members_of(own);
    if (changes) more ? ++changes_ : --changes_;
  }
  std::size_t lower_ = 0, upper_ = 0, digits_ = 0, others_ = 0, changes_ = 0;
};

Look look_for_base64(std::string_view text) {
  std::size_t run = length_of(text, is_base64_character);
  if (run == 0) return {};
  run += std::min<std::size_t>(length_of(text.substr(run), [](char c) { return c == '='; }), 2);
  Mixture mixture;
  for (std::size_t i = 0; i < run; ++i) {
    mixture.add(text[i], i == 0 ? '=' : text[i - 1]);
    if (i >= Mixture::width) mixture.remove(text[i - Mixture::width], text[i - Mixture::width + 1]);
    if (i + 1 >= Mixture::width && mixture.is_random()) return {run, run};
  }
  return {run, 0};
}

// A long word with letters and digits, as keys, tokens and hashes are; a shorter one is a name as well, unless much of it is in one piece.
// The parts of a token are words of their own.
Look look_for_key(std::string_view text) {
  constexpr std::size_t least = 20, long_enough = 24, one_piece = 12;
  const std::string_view word = text.substr(0, length_of(text, is_key_character));
  const bool mixed = std::ranges::any_of(word, is_digit) && std::ranges::any_of(word, is_letter);
  if (word.size() < least || !mixed) return {word.size(), 0};
  std::size_t longest = 0, piece = 0;
  for (const char c : word) {
    piece = is_alphanumeric(c) ? piece + 1 : 0;
    longest = std::max(longest, piece);
  }
  return {word.size(), word.size() >= long_enough || longest >= one_piece ? word.size() : 0};
}

struct Kind {
  Look (*look)(std::string_view);
  std::string_view tag;
};

constexpr std::array kinds{Kind{look_for_email, "[e-mail]"}, Kind{look_for_base64, "[secret]"}, Kind{look_for_key, "[secret]"}};

std::string mask_words(std::string_view text) {
  std::string masked;
  masked.reserve(text.size());
  std::array<std::size_t, kinds.size()> seen{};  // up to where runs were looked at
  for (std::size_t at = 0; at < text.size();) {
    std::size_t taken = 0;
    for (std::size_t i = 0; i < kinds.size() && taken == 0; ++i) {
      if (at < seen[i]) continue;
      const Look look = kinds[i].look(text.substr(at));
      seen[i] = at + look.run;
      taken = look.masked;
      if (taken > 0) masked += kinds[i].tag;
    }
    if (taken == 0) masked += text[at];
    at += std::max<std::size_t>(taken, 1);
  }
  return masked;
}

// -- numbers --------------------------------------------------------------------------------------------------------------

enum class Glyph : std::uint8_t { digit, between, other };

struct Read {
  Glyph glyph;
  std::size_t bytes;
};

constexpr std::array<std::string_view, 14> wide_between{"\xc2\xa0",     "\xe2\x80\x87", "\xe2\x80\x89", "\xe2\x80\x90",
                                                        "\xe2\x80\x91", "\xe2\x80\x92", "\xe2\x80\x93",  // blanks that do not break, dashes
                                                        "\xe2\x80\x94", "\xe2\x80\xaf", "\xe3\x80\x80", "\xef\xbc\x88",
                                                        "\xef\xbc\x89", "\xef\xbc\x8d", "\xef\xbc\x8f"};  // and full-width ones

// The text is not empty.
Read read_glyph(std::string_view text) {
  constexpr std::string_view narrow_between = " -.()/", wide_digit = "\xef\xbc";
  if (is_digit(text.front())) return {Glyph::digit, 1};
  if (narrow_between.find(text.front()) != std::string_view::npos) return {Glyph::between, 1};
  if (text.size() > 2 && text.starts_with(wide_digit) && text[2] >= '\x90' && text[2] <= '\x99') return {Glyph::digit, 3};
  if ((static_cast<unsigned char>(text.front()) & 0x80U) == 0) return {Glyph::other, 1};
  const auto wide = std::ranges::find_if(wide_between, [text](std::string_view one) { return text.starts_with(one); });
  return wide == wide_between.end() ? Read{Glyph::other, 1} : Read{Glyph::between, wide->size()};
}

// Of the number that the text begins with: digits, with a little between them; 0: none, or a short one.
std::size_t number_length(std::string_view text) {
  constexpr std::size_t least_digits = 7, most_between = 4;
  std::size_t digits = 0, end = 0, between = 0;
  for (std::size_t at = 0; at < text.size() && between <= most_between;) {
    const Read read = read_glyph(text.substr(at));
    if (read.glyph == Glyph::other) break;
    at += read.bytes;
    between = read.glyph == Glyph::digit ? 0 : between + 1;
    if (read.glyph != Glyph::digit) continue;
    ++digits;
    end = at;
  }
  return digits >= least_digits ? end : 0;
}

std::string mask_numbers(std::string_view text) {
  std::string masked;
  masked.reserve(text.size());
  while (!text.empty()) {
    std::size_t taken = 0;
    const Read read = read_glyph(text);
    if (read.glyph == Glyph::digit) taken = number_length(text);
    masked += taken > 0 ? std::string_view("[number]") : text.substr(0, read.bytes);
    text.remove_prefix(std::max(taken, read.bytes));
  }
  return masked;
}

}  // namespace

std::string mask_content(std::string_view text) { return mask_numbers(mask_words(text)); }

}  // namespace gatehouse::telemetry
