#include "calendar.h"

#include <ctime>

namespace gatehouse::telemetry {
namespace {

constexpr std::size_t day_size = 10;  // characters of a day

// Digits alone; -1 where they are none.
int number(std::string_view digits) {
  int value = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return -1;
    value = value * 10 + (c - '0');
  }
  return value;
}

void append_two(std::string& out, unsigned value) {
  out += static_cast<char>('0' + value / 10 % 10);
  out += static_cast<char>('0' + value % 10);
}

}  // namespace

Day local_day(WallTime time) {
  const std::time_t seconds_since = std::chrono::floor<seconds>(time).time_since_epoch().count();
  std::tm broken_down{};
  if (::localtime_r(&seconds_since, &broken_down) == nullptr) return Day{};
  const auto month = static_cast<unsigned>(broken_down.tm_mon + 1), day = static_cast<unsigned>(broken_down.tm_mday);
  return Day(std::chrono::year(broken_down.tm_year + 1900) / std::chrono::month(month) / std::chrono::day(day));
}

std::string to_text(Day day) {
  const std::chrono::year_month_day date(day);
  const auto year = static_cast<unsigned>(static_cast<int>(date.year()));
  std::string out;
  append_two(out, year / 100);
  append_two(out, year);
  out += '-';
  append_two(out, static_cast<unsigned>(date.month()));
  out += '-';
  append_two(out, static_cast<unsigned>(date.day()));
  return out;
}

std::optional<Day> parse_day(std::string_view text) {
  if (text.size() != day_size || text[4] != '-' || text[7] != '-') return std::nullopt;
  const int year = number(text.substr(0, 4)), month = number(text.substr(5, 2)), day = number(text.substr(8, 2));
  if (year < 0 || month < 0 || day < 0) return std::nullopt;
  const auto date =
      std::chrono::year(year) / std::chrono::month(static_cast<unsigned>(month)) / std::chrono::day(static_cast<unsigned>(day));
  return date.ok() ? std::optional(Day(date)) : std::nullopt;
}

}  // namespace gatehouse::telemetry
