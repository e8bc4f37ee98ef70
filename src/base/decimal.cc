#include "gatehouse/base/decimal.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "gatehouse/base/assert.h"
#include "gatehouse/base/words.h"

namespace gatehouse {
namespace {

constexpr std::int64_t most_decimal_units = 1'000'000'000'000'000'000;

// Zeros at the end of decimals say nothing.
std::string_view without_idle_zeros(std::string_view decimals) {
  const std::size_t last = decimals.find_last_not_of('0');
  return decimals.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

}  // namespace

std::optional<std::int64_t> parse_decimal(std::string_view text, unsigned places) {
  const std::size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  const std::string_view behind = point == std::string_view::npos ? std::string_view("0") : text.substr(point + 1);
  if (!all_digits(whole) || !all_digits(behind)) return std::nullopt;
  const std::string_view decimals = without_idle_zeros(behind);
  if (decimals.size() > places) return std::nullopt;
  std::string digits(whole);
  digits.append(decimals).append(places - decimals.size(), '0');
  std::int64_t units = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), units);
  return read.ec == std::errc() && units <= most_decimal_units ? std::optional(units) : std::nullopt;
}

std::optional<std::int64_t> parse_decimal(double number, unsigned places) {
  if (!(std::abs(number) <= static_cast<double>(most_decimal_units))) return std::nullopt;
  std::array<char, 400> text{};  // of the smallest double there are 324 zeros first
  const auto written = std::to_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  GH_ASSERT(written.ec == std::errc());
  return parse_decimal(std::string_view(text.data(), static_cast<std::size_t>(written.ptr - text.data())), places);
}

std::string decimal_text(std::int64_t units, unsigned places) {
  GH_ASSERT(units >= 0);
  std::string digits = std::to_string(units);
  if (digits.size() <= places) digits.insert(0, places + 1 - digits.size(), '0');
  const std::string_view all = digits;
  const std::string_view decimals = without_idle_zeros(all.substr(all.size() - places));
  std::string text(all.substr(0, all.size() - places));
  return decimals.empty() ? text : text.append(".").append(decimals);
}

}  // namespace gatehouse
