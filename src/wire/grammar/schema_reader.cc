#include "schema_reader.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "gatehouse/wire/json/copy.h"
#include "schema_faults.h"
#include "schema_keywords.h"

namespace gatehouse::wire::grammar {
namespace {

constexpr std::uint32_t deepest = 64;

std::string json_of(const JsonValue& value) {
  std::string text;
  JsonWriter json(text);
  copy_json(json, value);
  return text;
}

std::string_view type_of(const JsonValue& value) {
  if (value.is_object()) return "object";
  if (value.is_list()) return "array";
  if (value.is_string()) return "string";
  if (value.is_bool()) return "boolean";
  if (value.is_null()) return "null";
  return value.as_int64() ? "integer" : "number";
}

constexpr std::size_t most_types = 7;  // there are no more

// None where the schema does not say.
Result<std::vector<std::string_view>> types_said(const JsonValue& schema, const std::string& path) {
  std::vector<std::string_view> types;
  const std::optional<JsonValue> type = schema.find("type");
  if (!type) return types;
  if (!type->is_string() && !type->is_list()) return not_supported(path, "type is neither a text nor a list");
  if (type->is_string()) return std::vector{type->string()};
  for (const JsonValue& one : type->items()) {
    if (!one.is_string()) return not_supported(path, "type holds what is no text");
    if (types.size() == most_types) return not_supported(path, "type names more types than there are");
    types.push_back(one.string());
  }
  if (types.empty()) return not_supported(path, "type names no type");
  return types;
}

bool fits(const std::vector<std::string_view>& types, std::string_view type) {
  const auto one = [type](std::string_view said) { return said == type || (said == "number" && type == "integer"); };
  return types.empty() || std::ranges::any_of(types, one);
}

// "#/$defs/a~1b": the value that it points at.
std::optional<JsonValue> follow(const JsonValue& root, std::string_view pointer) {
  if (!pointer.starts_with('#')) return std::nullopt;
  pointer.remove_prefix(1);
  JsonValue at = root;
  while (!pointer.empty()) {
    if (!pointer.starts_with('/')) return std::nullopt;
    pointer.remove_prefix(1);
    const std::size_t end = std::min(pointer.find('/'), pointer.size());
    std::string step;
    for (std::size_t i = 0; i < end; ++i) {
      const bool escaped = pointer[i] == '~' && i + 1 < end;
      step += !escaped ? pointer[i] : pointer[++i] == '1' ? '/' : '~';
    }
    pointer.remove_prefix(end);
    if (!at.is_object()) return std::nullopt;
    const std::optional<JsonValue> next = at.find(step);
    if (!next) return std::nullopt;
    at = *next;
  }
  return at;
}

}  // namespace

Result<RuleId> SchemaReader::read() {
  const RuleId root = rules_.add();
  pointed_.emplace("#", root);
  GH_TRY(const RuleId whole, schema(root_, {}));
  rules_.alternative(root, {whole});
  return root;
}

Result<std::string> grammar_text(const Rules& rules, RuleId root) {
  if (rules.full()) return not_supported("", "it is too large");
  if (rules.widest() > Rules::most_ways) return not_supported("", "it leaves too many ways open at once; fewer alternatives help");
  std::optional<std::string> text = rules.text(root);
  if (!text) return not_supported("", "no document can be what it asks for");
  return std::move(*text);
}

SchemaReader::Read SchemaReader::schema(const JsonValue& schema, const Place& place) {
  if (schema.is_bool()) return schema.boolean() ? values_.any() : rules_.add();
  if (!schema.is_object()) return not_supported(place.path, "there is no schema, but " + std::string(describe_kind(schema.kind())));
  if (place.depth > deepest) return not_supported(place.path, "it is nested too deeply");
  if (rules_.full()) return not_supported(place.path, "it has become too large");
  const Keywords keywords(schema);
  if (!keywords.refused.empty()) return not_supported(place.path, std::string(keywords.refused) + " is not supported");
  if (keywords.has(About::reference)) {
    return keywords.only(About::reference) ? reference(schema, place) : not_supported(place.path, "other keywords stand beside $ref");
  }
  if (keywords.has(About::combination)) {
    if (keywords.only(About::combination)) return combination(schema, place);
    return not_supported(place.path, "other keywords stand beside anyOf, oneOf or allOf");
  }
  if (keywords.has(About::fixed)) {
    return keywords.only(About::fixed, About::type) ? fixed(schema, place)
                                                    : not_supported(place.path, "other keywords stand beside enum or const");
  }
  return typed(schema, place);
}

SchemaReader::Read SchemaReader::reference(const JsonValue& schema, const Place& place) {
  const JsonValue ref = *schema.find("$ref");
  if (!ref.is_string()) return not_supported(place.path, "$ref is no text");
  return pointed_at(std::string(ref.string()), place);
}

// The rule is known before it is whole, so that a schema may hold itself.
SchemaReader::Read SchemaReader::pointed_at(const std::string& pointer, const Place& place) {
  if (const auto known = pointed_.find(pointer); known != pointed_.end()) return known->second;
  const std::optional<JsonValue> target = follow(root_, pointer);
  if (!target) return not_supported(place.path, "$ref '" + pointer + "' leads nowhere in this schema");
  const RuleId rule = rules_.add();
  pointed_.emplace(pointer, rule);
  GH_TRY(const RuleId whole, schema(*target, place.at("$ref")));
  rules_.alternative(rule, {whole});
  return rule;
}

SchemaReader::Read SchemaReader::combination(const JsonValue& schema, const Place& place) {
  const std::optional<JsonValue> any = schema.find("anyOf"), one = schema.find("oneOf"), all = schema.find("allOf");
  if (static_cast<int>(any.has_value()) + static_cast<int>(one.has_value()) + static_cast<int>(all.has_value()) != 1)
    return not_supported(place.path, "only one of anyOf, oneOf and allOf may stand in one place");
  if (any) return one_of("anyOf", *any, place);
  if (one) return one_of("oneOf", *one, place);
  bool first = true;
  std::optional<JsonValue> only;
  if (all->is_list()) {
    for (const JsonValue& part : all->items()) only = first ? std::optional(part) : std::nullopt, first = false;
  }
  if (!only) return not_supported(place.path, "allOf with several schemas is not supported");
  return this->schema(*only, place.at("allOf/0"));
}

namespace {

// Whether no value can be what two of them ask for: all of different types, or all of different fixed values.
bool are_apart(const JsonValue& schemas) {
  std::set<std::string> types, values;
  std::size_t count = 0, by_type = 0, by_value = 0;
  for (const JsonValue& one : schemas.items()) {
    ++count;
    if (!one.is_object()) return false;
    const std::optional<JsonValue> type = one.find("type"), fixed = one.find("const");
    if (type && type->is_string())
      by_type += types.insert(type->string() == "integer" ? "number" : std::string(type->string())).second ? 1 : 0;
    if (fixed) by_value += values.insert(json_of(*fixed)).second ? 1 : 0;
  }
  return by_type == count || by_value == count;
}

}  // namespace

SchemaReader::Read SchemaReader::one_of(std::string_view keyword, const JsonValue& list, const Place& place) {
  if (!list.is_list()) return not_supported(place.path, std::string(keyword) + " is no list");
  if (keyword == "oneOf" && !are_apart(list))
    return not_supported(place.path,
                         "oneOf is supported only where its schemas have different types or different const values; anyOf always is");
  const RuleId rule = rules_.add();
  std::size_t index = 0;
  for (const JsonValue& one : list.items()) {
    GH_TRY(const RuleId part, schema(one, place.at(std::string(keyword) + "/" + std::to_string(index++))));
    rules_.alternative(rule, {part});
  }
  return rule;
}

SchemaReader::Read SchemaReader::fixed(const JsonValue& schema, const Place& place) {
  GH_TRY(const std::vector<std::string_view> types, types_said(schema, place.path));
  const std::optional<JsonValue> one = schema.find("const"), some = schema.find("enum");
  if (one && some) return not_supported(place.path, "enum and const stand side by side");
  if (some && !some->is_list()) return not_supported(place.path, "enum is no list");
  std::vector<std::string> texts;
  const auto take = [&](const JsonValue& value) {
    if (fits(types, type_of(value))) texts.push_back(json_of(value));
  };
  if (one) take(*one);
  if (some) {
    for (const JsonValue& value : some->items()) take(value);
  }
  return values_.one_of(std::move(texts));
}

SchemaReader::Read SchemaReader::typed(const JsonValue& schema, const Place& place) {
  GH_TRY(std::vector<std::string_view> types, types_said(schema, place.path));
  if (types.empty()) types = types_meant(Keywords(schema));
  if (types.empty()) return values_.any();
  if (types.size() == 1) return of_type(types.front(), schema, place);
  const RuleId rule = rules_.add();
  for (const std::string_view type : types) {
    GH_TRY(const RuleId part, of_type(type, schema, place));
    rules_.alternative(rule, {part});
  }
  return rule;
}

SchemaReader::Read SchemaReader::of_type(std::string_view type, const JsonValue& schema, const Place& place) {
  if (type == "object") return object(schema, place);
  if (type == "array") return list(schema, place);
  if (type == "string") return string(schema, place);
  if (type == "integer") return number(schema, place, true);
  if (type == "number") return number(schema, place, false);
  if (type == "boolean") return values_.truth();
  if (type == "null") return values_.null();
  return not_supported(place.path, "'" + std::string(type) + "' is no type");
}

}  // namespace gatehouse::wire::grammar
