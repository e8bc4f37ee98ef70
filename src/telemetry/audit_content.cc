#include "gatehouse/telemetry/audit_content.h"

#include <algorithm>

namespace gatehouse::telemetry {
namespace {

constexpr std::size_t least_digits = 7, least_secret = 24, most_between = 2;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_key_character(char c) { return is_digit(c) || is_letter(c) || c == '_' || c == '-'; }
bool is_local_character(char c) { return is_key_character(c) || c == '.' || c == '+' || c == '%'; }
bool is_host_character(char c) { return is_digit(c) || is_letter(c) || c == '.' || c == '-'; }
bool is_between_digits(char c) { return c == ' ' || c == '-' || c == '.' || c == '(' || c == ')' || c == '/'; }

template <class Is>
std::size_t length_of(std::string_view text, const Is& is) {
  return static_cast<std::size_t>(std::ranges::find_if_not(text, is) - text.begin());
}

// Of the address that the text begins with; 0: none.
std::size_t email_length(std::string_view text) {
  const std::size_t local = length_of(text, is_local_character);
  if (local == 0 || local >= text.size() || text[local] != '@') return 0;
  std::string_view host = text.substr(local + 1);
  host = host.substr(0, length_of(host, is_host_character));
  while (!host.empty() && !is_letter(host.back()) && !is_digit(host.back())) host.remove_suffix(1);
  return host.find('.') == std::string_view::npos ? 0 : local + 1 + host.size();
}

// Digits, with a little between them.
std::size_t number_length(std::string_view text) {
  std::size_t digits = 0, end = 0, between = 0;
  for (std::size_t i = 0; i < text.size() && between <= most_between; ++i) {
    if (is_digit(text[i])) {
      ++digits;
      end = i + 1;
      between = 0;
    } else if (is_between_digits(text[i])) {
      ++between;
    } else {
      break;
    }
  }
  return digits >= least_digits ? end : 0;
}

// A long word with letters and digits, as keys, tokens and hashes are. The parts of a token are words of their own.
std::size_t secret_length(std::string_view text) {
  const std::string_view word = text.substr(0, length_of(text, is_key_character));
  const bool mixed = std::ranges::any_of(word, is_digit) && std::ranges::any_of(word, is_letter);
  return word.size() >= least_secret && mixed ? word.size() : 0;
}

}  // namespace

std::string mask_content(std::string_view text) {
  std::string masked;
  masked.reserve(text.size());
  while (!text.empty()) {
    // At the beginning of a word: what begins inside of one was looked at with it.
    std::size_t taken = 0;
    if (const std::size_t email = email_length(text)) {
      masked += "[e-mail]";
      taken = email;
    } else if (const std::size_t secret = secret_length(text)) {
      masked += "[secret]";
      taken = secret;
    } else if (const std::size_t number = is_digit(text.front()) ? number_length(text) : 0) {
      masked += "[number]";
      taken = number;
    } else {
      // A word of letters alone, or digits alone, holds no number.
      taken = std::max<std::size_t>(is_letter(text.front()) ? length_of(text, is_letter) : length_of(text, is_digit), 1);
      masked += text.substr(0, taken);
    }
    text.remove_prefix(taken);
  }
  return masked;
}

}  // namespace gatehouse::telemetry
