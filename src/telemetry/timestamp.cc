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

void render(LastSecond& last, std::int64_t second) {
  const std::chrono::sys_seconds when{seconds(second)};
  const auto day = std::chrono::floor<std::chrono::days>(when);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss<seconds> clock(when - day);
  const int n =
      std::snprintf(last.text, sizeof last.text, "%04d-%02u-%02uT%02d:%02d:%02d", static_cast<int>(date.year()),
                    static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
                    static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()));
  last.second = second;
  last.size = n < 0 ? 0 : static_cast<std::size_t>(n);
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

}  // namespace gatehouse::telemetry
