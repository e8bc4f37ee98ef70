// app/tool_report.h — the lines in which a sandboxed child of a command says how far it is, what it found and why it failed.
// Form     "=done BYTES ALL", "=speed THREADS PREFILL SEQUENCES:RATE …", "=failed REASON TEXT", "=end"; other lines are for people
// Rules    the child has read a file that nobody trusts, so neither are its lines: what is not exactly of that form is none of ours
// Threads  value types
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "gatehouse/base/error.h"
#include "gatehouse/engine/model_speed.h"

namespace gatehouse::app {

struct ToolProgress {
  std::uint64_t done = 0, all = 0;
};
struct ToolFailure {
  std::string reason, text;
};
struct ToolEnd {};
using ToolReport = std::variant<ToolProgress, engine::ModelSpeed, ToolFailure, ToolEnd>;

// With a newline.
std::string line_of(const ToolReport& report);
// line: without its newline.
std::optional<ToolReport> parse_report(std::string_view line);

}  // namespace gatehouse::app
