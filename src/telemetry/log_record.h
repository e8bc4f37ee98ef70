// telemetry/log_record.h — one log call as bytes, so that the structure survives spdlog's queue; and its two looks.
// A record is a list of parts, each a u32 length and its bytes: component, message, then key, kind and value of each field.
#pragma once
#include <string>
#include <string_view>

#include "gatehouse/base/clock.h"
#include "gatehouse/telemetry/log.h"

namespace gatehouse::telemetry {

void encode_record(std::string& out, std::string_view component, std::string_view message, log::Fields fields);

struct LineContext {
  WallTime time;
  LogLevel level;
};
// Both append one line with its end.
void append_json_line(std::string& out, const LineContext& context, std::string_view record);
void append_text_line(std::string& out, const LineContext& context, std::string_view record, bool colour);

}  // namespace gatehouse::telemetry
