#include "timestamp.h"

#include <cstdio>
#include <limits>

namespace gatehouse::telemetry {
namespace {

struct LastSecond {
  std::int64_t second = std::numeric_limits<std::int64_t>::min();
  char text[32] = {};
  std::size_t size = 0;
};

struct Parts {
  int year, hour, minute, second;
  unsigned month, day;
};

Parts parts_of(std::int64_t second) {
  const std::chrono::sys_seconds when{seconds(second)};
  const auto day = std::chrono::floor<std::chrono::days>(when);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss<seconds> clock(when - day);
  return {static_cast<int>(date.year()),
          static_cast<int>(clock.hours().count()),
          static_cast<int>(clock.minutes().count()),
          static_cast<int>(clock.seconds().count()),
          static_cast<unsigned>(date.month()),
          static_cast<unsigned>(date.day())};
}

void keep(LastSecond& last, std::int64_t second, int size) {
  last.second = second;
  last.size = size < 0 ? 0 : static_cast<std::size_t>(size);
}

void render(LastSecond& last, std::int64_t second) {
  const Parts p = parts_of(second);
  keep(last, second,
       std::snprintf(last.text, sizeof last.text, "%04d-%02u-%02uT%02d:%02d:%02d", p.year, p.month, p.day, p.hour, p.minute, p.second));
}

void render_common(LastSecond& last, std::int64_t second) {
  static constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const Parts p = parts_of(second);
  keep(last, second,
       std::snprintf(last.text, sizeof last.text, "%02u/%s/%04d:%02d:%02d:%02d +0000", p.day, months[p.month - 1], p.year, p.hour, p.minute,
                     p.second));
}

}  // namespace

void append_time(std::string& out, WallTime time) {
  thread_local LastSecond last;
  const auto since_epoch = std::chrono::floor<milliseconds>(time.time_since_epoch());
  const auto whole = std::chrono::floor<seconds>(since_epoch);
  if (whole.count() != last.second) render(last, whole.count());
  const auto ms = static_cast<int>((since_epoch - whole).count());
  out.append(last.text, last.size);
  const char tail[] = {'.', static_cast<char>('0' + ms / 100), static_cast<char>('0' + ms / 10 % 10), static_cast<char>('0' + ms % 10),
                       'Z'};
  out.append(tail, sizeof tail);
}

void append_common_time(std::string& out, WallTime time) {
  thread_local LastSecond last;
  const auto whole = std::chrono::floor<seconds>(time.time_since_epoch());
  if (whole.count() != last.second) render_common(last, whole.count());
  out.append(last.text, last.size);
}

}  // namespace gatehouse::telemetry
