// telemetry/calendar.h — days as people at this machine count them.
// Threads  any
#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "gatehouse/base/clock.h"

namespace gatehouse::telemetry {

using Day = std::chrono::local_days;

// In the time zone of the process.
Day local_day(WallTime time);

// "2026-10-01", and back; nothing where it is no day.
std::string to_text(Day day);
std::optional<Day> parse_day(std::string_view text);

}  // namespace gatehouse::telemetry
