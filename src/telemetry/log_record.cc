#include "log_record.h"

#include <algorithm>
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

template <class Number>
void put_raw(std::string& out, Number number) {
  char raw[sizeof number];
  std::memcpy(raw, &number, sizeof number);
  out.append(raw, sizeof raw);
}

template <class Number>
bool take_raw(std::string_view& from, Number& number) {
  if (from.size() < sizeof number) return false;
  std::memcpy(&number, from.data(), sizeof number);
  from.remove_prefix(sizeof number);
  return true;
}

void put(std::string& out, std::string_view part) {
  const auto size = static_cast<std::uint32_t>(part.size());
  put_raw(out, size);
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
  if (!take_raw(record, size)) return record = {};
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

void append_record(std::string& out, const LineContext& context, std::string_view component, std::string_view message, log::Fields fields) {
  const std::size_t start = out.size();
  put_raw(out, std::uint32_t{0});
  put_raw(out, std::int64_t{context.time.time_since_epoch().count()});
  put_raw(out, context.level);
  put(out, component);
  put(out, message);
  for (const log::Field& field : fields) {
    put(out, field.key());
    std::visit([&](auto value) { put_value(out, value); }, field.value());
  }
  const auto size = static_cast<std::uint32_t>(out.size() - start);
  std::memcpy(out.data() + start, &size, sizeof size);
}

bool take_record(std::string_view& batch, RecordView& record) {
  std::string_view rest = batch;
  std::uint32_t size = 0;
  std::int64_t time = 0;
  if (!take_raw(rest, size) || !take_raw(rest, time) || !take_raw(rest, record.context.level)) return false;
  record.context.time = WallTime(WallTime::duration(time));
  record.parts = batch.substr(0, size).substr(batch.size() - rest.size());
  batch.remove_prefix(std::min<std::size_t>(size, batch.size()));
  return true;
}

void append_json_line(std::string& out, const RecordView& record, std::string_view environment) {
  std::string_view parts = record.parts;
  out += R"({"time":")";
  append_time(out, record.context.time);
  out += R"(","level":")";
  out += name(record.context.level);
  out += '"';
  if (!environment.empty()) {
    out += R"(,"environment":)";
    append_json_string(out, environment);
  }
  out += R"(,"logger":)";
  append_json_string(out, take(parts));
  out += R"(,"message":)";
  append_json_string(out, take(parts));
  while (!parts.empty()) {
    out += ',';
    append_json_string(out, take(parts));
    out += ':';
    const bool quoted = take(parts) == text_kind;
    const std::string_view value = take(parts);
    quoted ? append_json_string(out, value) : static_cast<void>(out.append(value));
  }
  out += "}\n";
}

void append_text_line(std::string& out, const RecordView& record, bool colour) {
  std::string_view parts = record.parts;
  append_time(out, record.context.time);
  out += ' ';
  if (colour) out += colour_of(record.context.level);
  out += name(record.context.level);
  if (colour) out += "\x1b[0m";
  out += " [";
  append_plain(out, take(parts));
  out += "] ";
  append_plain(out, take(parts));
  while (!parts.empty()) {
    out += ' ';
    append_plain(out, take(parts));
    out += '=';
    const bool quoted = take(parts) == text_kind;
    const std::string_view value = take(parts);
    quoted ? append_json_string(out, value) : static_cast<void>(out.append(value));
  }
  out += '\n';
}

}  // namespace gatehouse::telemetry
