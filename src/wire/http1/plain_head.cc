#include "http1/plain_head.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "gatehouse/base/sixteen.h"
#include "http1/ascii.h"

namespace gatehouse::wire::http1 {
namespace {

constexpr std::string_view version_and_end = " HTTP/1.1\r\n", end_of_line = "\r\n";
constexpr std::size_t most_digits_of_length = 19;  // those always fit

constexpr bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
constexpr bool is_in_name(char c) { return is_alpha(c) || is_digit(c) || c == '-' || c == '_'; }
constexpr bool is_space(char c) { return c == ' ' || c == '\t'; }

// How many characters of a name stand in front.
std::size_t name_length(std::string_view text) {
  const Sixteen case_bits = sixteen_times(0x20);
  std::size_t i = 0;
  for (; i + sizeof(Sixteen) <= text.size(); i += sizeof(Sixteen)) {
    const Sixteen here = sixteen_at(text.data() + i), lower_case = here | case_bits;
    const auto letters = (lower_case >= sixteen_times('a')) & (lower_case <= sixteen_times('z'));
    const auto digits = (here >= sixteen_times('0')) & (here <= sixteen_times('9'));
    const auto others = ~(letters | digits | (here == sixteen_times('-')) | (here == sixteen_times('_')));
    if (any_of(others)) return i + first_of(others);
  }
  while (i < text.size() && is_in_name(text[i])) ++i;
  return i;
}

std::string_view without_spaces(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

// What a field is to Beast, as far as it acts upon it.
enum class Acts : std::uint8_t { no, as_it_would_anyway, as_a_length, somehow };

Acts acts_on(std::string_view name, std::string_view value) {
  switch (name.size()) {
    case 7:
      return iequals(name, "upgrade") ? Acts::somehow : Acts::no;
    case 10:
      if (!iequals(name, "connection")) return Acts::no;
      return iequals(value, "keep-alive") ? Acts::as_it_would_anyway : Acts::somehow;
    case 14:
      if (!iequals(name, "content-length")) return Acts::no;
      return !value.empty() && value.size() <= most_digits_of_length && std::ranges::all_of(value, is_digit) ? Acts::as_a_length
                                                                                                             : Acts::somehow;
    case 16:
      return iequals(name, "proxy-connection") ? Acts::somehow : Acts::no;
    case 17:
      return iequals(name, "transfer-encoding") ? Acts::somehow : Acts::no;
    default:
      return Acts::no;
  }
}

// The request line; bytes go on behind it.
std::optional<BeastHead> take_request_line(std::string_view& bytes) {
  const std::size_t end = bytes.find('\r');
  if (end == std::string_view::npos || end + end_of_line.size() < version_and_end.size()) return std::nullopt;
  const std::size_t target_end = end + end_of_line.size() - version_and_end.size();
  if (bytes.substr(target_end, version_and_end.size()) != version_and_end) return std::nullopt;
  const std::string_view line = bytes.substr(0, target_end);
  const std::size_t space = line.find(' ');
  if (space == 0 || space == std::string_view::npos || !std::ranges::all_of(line.substr(0, space), is_upper)) return std::nullopt;
  BeastHead head;
  head.method = line.substr(0, space);
  head.target = line.substr(space + 1);
  if (head.target.empty() || std::ranges::any_of(head.target, is_space)) return std::nullopt;
  bytes.remove_prefix(end + end_of_line.size());
  return head;
}

}  // namespace

std::optional<BeastHead> read_plain_head(std::string_view bytes, std::vector<FieldView>& fields) {
  fields.clear();
  const std::optional<BeastHead> head = take_request_line(bytes);
  if (!head) return std::nullopt;
  bool has_length = false;
  while (bytes != end_of_line) {
    const std::size_t name = name_length(bytes), end = bytes.find('\r');
    if (name == 0 || end == std::string_view::npos || name >= end || bytes[name] != ':') return std::nullopt;
    const FieldView field{bytes.substr(0, name), without_spaces(bytes.substr(name + 1, end - name - 1))};
    const Acts acts = acts_on(field.name, field.value);
    if (acts == Acts::somehow || (acts == Acts::as_a_length && std::exchange(has_length, true))) return std::nullopt;
    fields.push_back(field);
    bytes.remove_prefix(end + end_of_line.size());
  }
  return head;
}

}  // namespace gatehouse::wire::http1
