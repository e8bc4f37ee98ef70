// telemetry/access_line.h — how an access record looks.
#pragma once
#include <string>

#include "gatehouse/telemetry/access_log.h"

namespace gatehouse::telemetry {

// Both append one line with its end: a JSON object, or
//   192.0.2.1 - demo [29/Feb/2024:12:34:56 +0000] "GET /healthz HTTP/1.1" 200 321 "https://a.example/" "curl/8"
void append_json_access_line(std::string& out, const AccessRecord& record);
void append_combined_access_line(std::string& out, const AccessRecord& record);

}  // namespace gatehouse::telemetry
