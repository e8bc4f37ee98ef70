// wire/json/schema_check.h — for tests: whether a value keeps to a JSON Schema, in the part of the language that this house writes.
// Source   JSON Schema 2020-12, validation vocabulary; nothing is shared with the readers, so that the two check each other
#pragma once
#include <cmath>
#include <string>
#include <string_view>

#include "gatehouse/wire/json/document.h"
#include "gatehouse/wire/json/writer.h"

namespace gatehouse::wire {

inline std::size_t size_of(const JsonValue& v) {
  std::size_t n = 0;
  if (v.is_list()) {
    for ([[maybe_unused]] const JsonValue& item : v.items()) ++n;
  } else if (v.is_object()) {
    for ([[maybe_unused]] const JsonMember member : v.members()) ++n;
  } else if (v.is_string()) {
    for (const char c : v.string()) n += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1 : 0;
  }
  return n;
}

inline bool is_of_type(std::string_view type, const JsonValue& v) {
  if (type == "integer") {
    if (!v.is_number()) return false;
    return std::trunc(*v.as_double()) == *v.as_double();
  }
  return (type == "object" && v.is_object()) || (type == "array" && v.is_list()) || (type == "string" && v.is_string()) ||
         (type == "number" && v.is_number()) || (type == "boolean" && v.is_bool()) || (type == "null" && v.is_null());
}

inline bool same_scalar(const JsonValue& a, const JsonValue& b) {
  if (a.is_bool() && b.is_bool()) return a.boolean() == b.boolean();
  return (a.is_null() && b.is_null()) || (a.is_string() && b.is_string() && a.string() == b.string());
}

inline bool admits(const JsonValue& schema, const JsonValue& v);

inline bool some_admits(const JsonValue& schemas, const JsonValue& v) {
  for (const JsonValue& schema : schemas.items()) {
    if (admits(schema, v)) return true;
  }
  return false;
}

// Of names of members; there is one such pattern so far, and any other matches nothing.
inline bool matches(std::string_view pattern, std::string_view text) {
  if (pattern != "^(0|[1-9][0-9]{0,8})$" || text.empty() || text.size() > 9) return false;
  return (text[0] != '0' || text.size() == 1) && text.find_first_not_of("0123456789") == std::string_view::npos;
}

inline bool members_admitted(const JsonValue& schema, const JsonValue& v) {
  const auto properties = schema.find("properties");
  const auto others = schema.find("additionalProperties");
  const auto names = schema.find("propertyNames");
  for (const JsonMember member : v.members()) {
    if (names && !matches(names->find("pattern")->string(), member.key)) return false;
    const auto property = properties ? properties->find(member.key) : std::nullopt;
    if (!property && others && others->is_bool() && !others->boolean()) return false;
    if (!property && others && others->is_object() && !admits(*others, member.value)) return false;
    if (property && !admits(*property, member.value)) return false;
  }
  if (const auto required = schema.find("required")) {
    for (const JsonValue& name : required->items()) {
      if (!v.find(name.string())) return false;
    }
  }
  return true;
}

// True when the keyword is there and the number breaks it.
inline bool breaks(const JsonValue& schema, std::string_view keyword, double number, bool is_low) {
  const auto limit = schema.find(keyword);
  if (!limit) return false;
  return is_low ? number < *limit->as_double() : number > *limit->as_double();
}

inline bool in_bounds(const JsonValue& schema, const JsonValue& v) {
  if (v.is_number()) {
    const double number = *v.as_double();
    const auto format = schema.find("format");
    if (format && format->string() == "int64" && !v.as_int64()) return false;
    return !breaks(schema, "minimum", number, true) && !breaks(schema, "maximum", number, false);
  }
  const auto n = static_cast<double>(size_of(v));
  const std::string_view noun = v.is_string() ? "Length" : v.is_list() ? "Items" : "Properties";
  return !breaks(schema, "min" + std::string(noun), n, true) && !breaks(schema, "max" + std::string(noun), n, false);
}

inline bool admits(const JsonValue& schema, const JsonValue& v) {
  if (const auto any = schema.find("anyOf"); any && !some_admits(*any, v)) return false;
  if (const auto type = schema.find("type")) {
    bool fits = type->is_string() && is_of_type(type->string(), v);
    if (type->is_list()) {
      for (const JsonValue& one : type->items()) fits = fits || is_of_type(one.string(), v);
    }
    if (!fits) return false;
  }
  if (const auto choices = schema.find("enum")) {
    bool found = false;
    for (const JsonValue& choice : choices->items()) found = found || same_scalar(choice, v);
    if (!found) return false;
  }
  if (!in_bounds(schema, v)) return false;
  if (v.is_object()) return members_admitted(schema, v);
  const auto items = schema.find("items");
  if (v.is_list() && items) {
    for (const JsonValue& item : v.items()) {
      if (!admits(*items, item)) return false;
    }
  }
  return true;
}

// A schema as it is published, read back.
class PublishedSchema {
 public:
  explicit PublishedSchema(void (*write)(JsonWriter&)) {
    JsonWriter w(text_);
    write(w);
    root_ = parser_.parse(text_).value();
  }
  const JsonValue& root() const { return root_; }
  const std::string& text() const { return text_; }
  // Of a document; false too when it is not JSON.
  bool admits_text(std::string_view json) {
    const auto value = other_.parse(json);
    return value.ok() && admits(root_, *value);
  }

 private:
  std::string text_;
  JsonParser parser_, other_;
  JsonValue root_;
};

}  // namespace gatehouse::wire
