#include "log_record.h"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <variant>

#include "json_string.h"
#include "timestamp.h"

namespace gatehouse::telemetry {
namespace {

constexpr std::string_view text_kind = "t", bare_kind = "b";

void put(std::string& out, std::string_view part) {
  const auto size = static_cast<std::uint32_t>(part.size());
  char raw[sizeof size];
  std::memcpy(raw, &size, sizeof size);
  out.append(raw, sizeof raw);
  out.append(part.substr(0, size));
}

void put_value(std::string& out, std::string_view text) {
  put(out, text_kind);
  put(out, text);
}

void put_value(std::string& out, bool truth) {
  put(out, bare_kind);
  put(out, truth ? "true" : "false");
}

template <class Number>
void put_value(std::string& out, Number number) {
  put(out, bare_kind);
  if constexpr (std::is_floating_point_v<Number>) {
    if (!std::isfinite(number)) return put(out, "null");
  }
  char digits[32];
  put(out, std::string_view(digits, std::to_chars(digits, digits + sizeof digits, number).ptr));
}

std::string_view take(std::string_view& record) {
  std::uint32_t size = 0;
  if (record.size() < sizeof size) return record = {};
  std::memcpy(&size, record.data(), sizeof size);
  record.remove_prefix(sizeof size);
  const std::string_view part = record.substr(0, size);
  record.remove_prefix(part.size());
  return part;
}

std::string_view name(LogLevel level) {
  static constexpr std::string_view names[] = {"debug", "info", "warn", "error", "off"};
  return names[static_cast<std::size_t>(level)];
}

std::string_view colour_of(LogLevel level) {
  static constexpr std::string_view colours[] = {"\x1b[2m", "\x1b[32m", "\x1b[33m", "\x1b[31m", ""};
  return colours[static_cast<std::size_t>(level)];
}

}  // namespace

void encode_record(std::string& out, std::string_view component, std::string_view message, log::Fields fields) {
  put(out, component);
  put(out, message);
  for (const log::Field& field : fields) {
    put(out, field.key());
    std::visit([&](auto value) { put_value(out, value); }, field.value());
  }
}

void append_json_line(std::string& out, const LineContext& context, std::string_view record) {
  out += R"({"time":")";
  append_time(out, context.time);
  out += R"(","level":")";
  out += name(context.level);
  out += R"(","logger":)";
  append_json_string(out, take(record));
  out += R"(,"message":)";
  append_json_string(out, take(record));
  while (!record.empty()) {
    out += ',';
    append_json_string(out, take(record));
    out += ':';
    const bool quoted = take(record) == text_kind;
    const std::string_view value = take(record);
    quoted ? append_json_string(out, value) : static_cast<void>(out.append(value));
  }
  out += "}\n";
}

void append_text_line(std::string& out, const LineContext& context, std::string_view record, bool colour) {
  append_time(out, context.time);
  out += ' ';
  if (colour) out += colour_of(context.level);
  out += name(context.level);
  if (colour) out += "\x1b[0m";
  out += " [";
  append_plain(out, take(record));
  out += "] ";
  append_plain(out, take(record));
  while (!record.empty()) {
    out += ' ';
    append_plain(out, take(record));
    out += '=';
    const bool quoted = take(record) == text_kind;
    const std::string_view value = take(record);
    quoted ? append_json_string(out, value) : static_cast<void>(out.append(value));
  }
  out += '\n';
}

}  // namespace gatehouse::telemetry
