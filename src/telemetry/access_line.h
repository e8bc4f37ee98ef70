// telemetry/access_line.h — how an access record looks.
#pragma once
#include <string>

#include "gatehouse/telemetry/access_log.h"

namespace gatehouse::telemetry {

// Appends one JSON object and the end of the line.
void append_access_line(std::string& out, const AccessRecord& record);

}  // namespace gatehouse::telemetry
