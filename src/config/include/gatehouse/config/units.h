// config/units.h — how durations, sizes and rates are written: "300s", "32KiB", "60/60s".
// Units    durations down to seconds, sizes in bytes
// Threads  pure functions
#pragma once
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/strong.h"

namespace gatehouse::config {

// So many in any window of this length.
struct Rate {
  std::uint32_t count = 1;
  seconds window{1};
  friend auto operator<=>(const Rate&, const Rate&) = default;
};

// Digits and a unit: s, m, h, d. Nothing when it is not written so, or is longer than a hundred years.
std::optional<seconds> parse_duration(std::string_view text);
// Digits and a unit: B, KiB, MiB, GiB. Nothing when it is not written so, or is above 1 PiB.
std::optional<ByteCount> parse_size(std::string_view text);
// A count and a duration, neither of them 0: "60/60s", "1000/1d".
std::optional<Rate> parse_rate(std::string_view text);

// The first moment of "2027-01-31", UTC. Nothing when it is not written so, or is no day of the calendar.
std::optional<std::chrono::sys_days> parse_day(std::string_view text);

// What the parsers above read back as the same value: whole days in days, else seconds; sizes in the largest whole unit.
std::string to_text(seconds duration);
std::string to_text(ByteCount size);
std::string to_text(const Rate& rate);

}  // namespace gatehouse::config
