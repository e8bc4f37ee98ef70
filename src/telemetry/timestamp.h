// telemetry/timestamp.h — a time as logs write it, in UTC.
// Threads  any; each remembers the last second that it wrote
#pragma once
#include <string>

#include "gatehouse/base/clock.h"

namespace gatehouse::telemetry {

// 2026-10-01T12:34:56.789Z
void append_time(std::string& out, WallTime time);
// 01/Oct/2026:12:34:56 +0000
void append_common_time(std::string& out, WallTime time);

}  // namespace gatehouse::telemetry
