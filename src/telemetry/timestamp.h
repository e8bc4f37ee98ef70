// telemetry/timestamp.h — a time as logs write it: 2026-10-01T12:34:56.789Z.
// Threads  any; each remembers the last second that it wrote
#pragma once
#include <string>

#include "gatehouse/base/clock.h"

namespace gatehouse::telemetry {

void append_time(std::string& out, WallTime time);

}  // namespace gatehouse::telemetry
