#include "gatehouse/config/units.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <system_error>
#include <utility>

namespace gatehouse::config {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t worth;
};
// The largest last.
constexpr std::uint64_t day = 24 * 60 * 60;
constexpr std::array<Unit, 4> time_units{{{"s", 1}, {"m", 60}, {"h", 60 * 60}, {"d", day}}};
constexpr std::array<Unit, 4> size_units{{{"B", 1}, {"KiB", 1U << 10U}, {"MiB", 1U << 20U}, {"GiB", 1U << 30U}}};
constexpr std::uint64_t longest = 36525 * day, largest = std::uint64_t{1} << 50U;

// Digits alone, no sign, and what follows them.
std::optional<std::pair<std::uint64_t, std::string_view>> split_number(std::string_view text) {
  if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  if (read.ec != std::errc()) return std::nullopt;
  return std::pair(number, std::string_view(read.ptr, static_cast<std::size_t>(end - read.ptr)));
}

template <std::size_t N>
std::optional<std::uint64_t> parse_amount(std::string_view text, const std::array<Unit, N>& units, std::uint64_t most) {
  const auto split = split_number(text);
  if (!split) return std::nullopt;
  const auto unit = std::ranges::find(units, split->second, &Unit::name);
  if (unit == units.end() || split->first > most / unit->worth) return std::nullopt;
  return split->first * unit->worth;
}

}  // namespace

std::optional<seconds> parse_duration(std::string_view text) {
  const auto amount = parse_amount(text, time_units, longest);
  return amount ? std::optional(seconds(*amount)) : std::nullopt;
}

std::optional<ByteCount> parse_size(std::string_view text) {
  const auto amount = parse_amount(text, size_units, largest);
  return amount ? std::optional(ByteCount(*amount)) : std::nullopt;
}

std::optional<Rate> parse_rate(std::string_view text) {
  const auto count = split_number(text);
  if (!count || count->first == 0 || count->first > UINT32_MAX || !count->second.starts_with('/')) return std::nullopt;
  const std::optional<seconds> window = parse_duration(count->second.substr(1));
  if (!window || *window == seconds(0)) return std::nullopt;
  return Rate{static_cast<std::uint32_t>(count->first), *window};
}

std::optional<std::chrono::sys_days> parse_day(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto year = split_number(text.substr(0, 4)), month = split_number(text.substr(5, 2)), day_of_month = split_number(text.substr(8));
  if (!year || !month || !day_of_month || !year->second.empty() || !month->second.empty() || !day_of_month->second.empty()) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(year->first)),
                                         std::chrono::month(static_cast<unsigned>(month->first)),
                                         std::chrono::day(static_cast<unsigned>(day_of_month->first))};
  return date.ok() ? std::optional(std::chrono::sys_days(date)) : std::nullopt;
}

std::string to_text(seconds duration) {
  const auto n = static_cast<std::uint64_t>(std::max<std::int64_t>(duration.count(), 0));
  return n > 0 && n % day == 0 ? std::to_string(n / day) + "d" : std::to_string(n) + "s";
}

std::string to_text(ByteCount size) {
  const Unit* unit = size_units.data();
  for (const Unit& larger : size_units) {
    if (size.value() > 0 && size.value() % larger.worth == 0) unit = &larger;
  }
  return std::to_string(size.value() / unit->worth) + std::string(unit->name);
}

std::string to_text(const Rate& rate) { return std::to_string(rate.count) + "/" + to_text(rate.window); }

}  // namespace gatehouse::config
