#include "gatehouse/wire/json/codec.h"

#include <algorithm>

#include "gatehouse/wire/json/utf8.h"

namespace gatehouse::wire {
namespace {

std::string number_text(double number) {
  std::string out;
  JsonWriter(out).value(number);
  return out;
}

// " from 1 to 9", " of at least 1", " of at most 9", or nothing.
std::string range_text(bool has_low, const std::string& low, bool has_high, const std::string& high) {
  if (has_low && has_high) return " from " + low + " to " + high;
  if (has_low) return " of at least " + low;
  if (has_high) return " of at most " + high;
  return "";
}

std::string span_text(std::uint32_t low, std::uint32_t high, std::string_view unit) {
  if (low == 0 && high == no_limit) return "";
  std::string out = low > 0 && high != no_limit ? std::to_string(low) + " to " + std::to_string(high)
                    : low > 0                   ? "at least " + std::to_string(low)
                                                : "at most " + std::to_string(high);
  return " of " + out + " " + std::string(unit);
}

std::string expected_string(const Rules& rules) { return "a string" + span_text(rules.min_length, rules.max_length, "characters"); }
std::string expected_list(const Rules& rules) { return "a list" + span_text(rules.min_items, rules.max_items, "items"); }

std::string expected_integer(const Rules& rules) {
  return "an integer" + range_text(rules.int_low != std::numeric_limits<std::int64_t>::min(), std::to_string(rules.int_low),
                                   rules.int_high != std::numeric_limits<std::int64_t>::max(), std::to_string(rules.int_high));
}
std::string expected_number(const Rules& rules) {
  return "a number" + range_text(rules.low != -std::numeric_limits<double>::infinity(), number_text(rules.low),
                                 rules.high != std::numeric_limits<double>::infinity(), number_text(rules.high));
}
std::string expected_choice(std::span<const std::string_view> choices) {
  std::string out = choices.size() == 1 ? "" : "one of ";
  for (const std::string_view& choice : choices) {
    if (&choice != choices.data()) out += ", ";
    out += '"';
    out += choice;
    out += '"';
  }
  return out;
}

}  // namespace

void wrong_kind(const JsonValue& v, std::string expected, Reading& reading) {
  reading.fault("is " + std::string(describe_kind(v.kind())), std::move(expected));
}

void read_string(const JsonValue& v, std::string& out, const Rules& rules, Reading& reading) {
  if (!v.is_string()) return wrong_kind(v, rules.choices.empty() ? expected_string(rules) : expected_choice(rules.choices), reading);
  if (!rules.choices.empty() && !read_choice(v, rules.choices, reading)) return;
  const std::string_view text = v.string();
  // A string has at most as many code points as bytes: most need no count.
  if (text.size() > rules.max_length && code_points(text) > rules.max_length) return reading.fault("is too long", expected_string(rules));
  if (rules.min_length > 0 && code_points(text) < rules.min_length) return reading.fault("is too short", expected_string(rules));
  out.assign(text);
}

void read_integer(const JsonValue& v, std::int64_t& out, const Rules& rules, Reading& reading) {
  if (!v.is_number()) return wrong_kind(v, expected_integer(rules), reading);
  const std::optional<std::int64_t> number = v.as_int64();
  if (number && *number >= rules.int_low && *number <= rules.int_high) {
    out = *number;
    return;
  }
  const double rough = v.as_double().value_or(0);
  const bool fraction = !number && rough > -1e15 && rough < 1e15;
  reading.fault(fraction                                     ? "is not an integer"
                : rough > static_cast<double>(rules.int_low) ? "is too large"
                                                             : "is too small",
                expected_integer(rules));
}

void read_number(const JsonValue& v, double& out, const Rules& rules, Reading& reading) {
  const std::optional<double> number = v.as_double();
  if (!number) return wrong_kind(v, expected_number(rules), reading);
  if (*number < rules.low) return reading.fault("is too small", expected_number(rules));
  if (*number > rules.high) return reading.fault("is too large", expected_number(rules));
  out = *number;
}

void read_bool(const JsonValue& v, bool& out, Reading& reading) {
  if (!v.is_bool()) return wrong_kind(v, "true or false", reading);
  out = v.boolean();
}

std::optional<std::size_t> read_choice(const JsonValue& v, std::span<const std::string_view> choices, Reading& reading) {
  if (!v.is_string()) {
    wrong_kind(v, expected_choice(choices), reading);
    return std::nullopt;
  }
  const auto it = std::find(choices.begin(), choices.end(), v.string());
  if (it == choices.end()) {
    reading.fault("is none of the values that it may have", expected_choice(choices));
    return std::nullopt;
  }
  return static_cast<std::size_t>(it - choices.begin());
}

bool check_list(const JsonValue& v, const Rules& rules, Reading& reading) {
  if (!v.is_list()) return wrong_kind(v, expected_list(rules), reading), false;
  std::size_t n = 0;
  for ([[maybe_unused]] const JsonValue& item : v.items()) ++n;
  if (n < rules.min_items) return reading.fault("has too few items", expected_list(rules)), false;
  if (n > rules.max_items) return reading.fault("has too many items", expected_list(rules)), false;
  return true;
}

bool check_any_object(const JsonValue& v, const Rules& rules, Reading& reading) {
  const std::string expected = "an object" + span_text(rules.min_items, rules.max_items, "members");
  if (!v.is_object()) return wrong_kind(v, expected, reading), false;
  std::size_t n = 0;
  for ([[maybe_unused]] const JsonMember member : v.members()) ++n;
  if (n < rules.min_items) return reading.fault("has too few members", expected), false;
  if (n > rules.max_items) return reading.fault("has too many members", expected), false;
  return true;
}

void Codec<AnyObject>::read(const JsonValue& v, AnyObject& out, const Rules& rules, Reading& r) {
  if (!check_any_object(v, rules, r)) return;
  for ([[maybe_unused]] const JsonMember member : v.members()) ++out.members;
}

void Codec<AnyObjects>::read(const JsonValue& v, AnyObjects& out, const Rules& rules, Reading& r) {
  if (!check_list(v, rules, r)) return;
  read_items(v, r, [&](const JsonValue& item) {
    ++out.items;
    if (!item.is_object()) wrong_kind(item, "an object", r);
  });
}

void Codec<AnyObjects>::schema(JsonWriter& w, const Rules& rules) {
  schema_list_head(w, rules);
  w.key("items").begin_object().member("type", "object").end_object();
}

void write_type(JsonWriter& w, std::string_view type, bool nullable) {
  if (!nullable) {
    w.member("type", type);
    return;
  }
  w.key("type").begin_list().value(type).value("null").end_list();
}

void schema_string(JsonWriter& w, const Rules& rules) {
  if (!rules.choices.empty()) return schema_choice(w, rules.choices, rules.nullable);
  write_type(w, "string", rules.nullable);
  if (rules.min_length > 0) w.member("minLength", rules.min_length);
  if (rules.max_length != no_limit) w.member("maxLength", rules.max_length);
}

void schema_integer(JsonWriter& w, const Rules& rules) {
  write_type(w, "integer", rules.nullable);
  w.member("minimum", rules.int_low).member("maximum", rules.int_high);
  const bool whole_range =
      rules.int_low == std::numeric_limits<std::int64_t>::min() && rules.int_high == std::numeric_limits<std::int64_t>::max();
  if (whole_range) w.member("format", "int64");
}

void schema_number(JsonWriter& w, const Rules& rules) {
  write_type(w, "number", rules.nullable);
  if (rules.low != -std::numeric_limits<double>::infinity()) w.member("minimum", rules.low);
  if (rules.high != std::numeric_limits<double>::infinity()) w.member("maximum", rules.high);
}

void schema_choice(JsonWriter& w, std::span<const std::string_view> choices, bool nullable) {
  write_type(w, "string", nullable);
  w.key("enum").begin_list();
  for (const std::string_view choice : choices) w.value(choice);
  if (nullable) w.null();
  w.end_list();
}

void schema_list_head(JsonWriter& w, const Rules& rules) {
  write_type(w, "array", rules.nullable);
  if (rules.min_items > 0) w.member("minItems", rules.min_items);
  if (rules.max_items != no_limit) w.member("maxItems", rules.max_items);
}

void schema_any_object(JsonWriter& w, const Rules& rules) {
  write_type(w, "object", rules.nullable);
  if (rules.min_items > 0) w.member("minProperties", rules.min_items);
  if (rules.max_items != no_limit) w.member("maxProperties", rules.max_items);
}

}  // namespace gatehouse::wire
