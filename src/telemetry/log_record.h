// telemetry/log_record.h — one log call as bytes, so that its structure survives the queue; and its two looks.
// A record is its size (u32), time (i64) and level (u8), and a list of parts, each a u32 length and its bytes: component, message, then
// key, kind and value of each field.
#pragma once
#include <string>
#include <string_view>

#include "gatehouse/base/clock.h"
#include "gatehouse/telemetry/log.h"

namespace gatehouse::telemetry {

struct LineContext {
  WallTime time;
  LogLevel level = LogLevel::info;
};
void append_record(std::string& out, const LineContext& context, std::string_view component, std::string_view message, log::Fields fields);

struct RecordView {
  LineContext context;
  std::string_view parts;
};
// Takes the first record off the batch. False when there is none.
bool take_record(std::string_view& batch, RecordView& record);

// Both append one line with its end. environment: where the process runs, such as "staging"; empty: not said.
void append_json_line(std::string& out, const RecordView& record, std::string_view environment = {});
void append_text_line(std::string& out, const RecordView& record, bool colour);

}  // namespace gatehouse::telemetry
