// The types of a schema: objects, lists, strings and numbers with what restricts them.
#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gatehouse/wire/json/copy.h"
#include "numbers.h"
#include "schema_faults.h"
#include "schema_reader.h"

namespace gatehouse::wire::grammar {
namespace {

constexpr std::uint32_t most_characters = 1000, most_items = 1000;
constexpr double whole_until = 1e15;  // bounds beyond this are none: no number that far away is written

using Bound = std::optional<double>;

// A bound on how many: nothing where the keyword is not there.
Result<std::optional<std::uint32_t>> count_at(const JsonValue& schema, std::string_view keyword, const std::string& path,
                                              std::uint32_t most) {
  const std::optional<JsonValue> value = schema.find(keyword);
  if (!value) return std::optional<std::uint32_t>();
  const std::optional<std::int64_t> count = value->as_int64();
  if (!count || *count < 0) return not_supported(path, std::string(keyword) + " is no count");
  if (*count > most) return not_supported(path, std::string(keyword) + " is above " + std::to_string(most) + ", the most that is kept to");
  return std::optional(static_cast<std::uint32_t>(*count));
}

struct CountWords {
  std::string_view least, most;
  std::uint32_t limit;
};

Result<Count> counts(const JsonValue& schema, const CountWords& words, const std::string& path) {
  Count count;
  GH_TRY(const std::optional<std::uint32_t> low, count_at(schema, words.least, path, words.limit));
  GH_TRY(const std::optional<std::uint32_t> high, count_at(schema, words.most, path, words.limit));
  count.least = low.value_or(0), count.most = high.value_or(unbounded);
  if (count.least > count.most) return not_supported(path, std::string(words.least) + " is above " + std::string(words.most));
  return count;
}

std::optional<std::int64_t> whole_bound(Bound a, Bound b, bool is_low) {
  const double far = is_low ? -whole_until : whole_until;
  const double value = is_low ? std::max(a.value_or(far), b.value_or(far)) : std::min(a.value_or(far), b.value_or(far));
  if (is_low ? value <= far : value >= far) return std::nullopt;
  return static_cast<std::int64_t>(std::clamp(value, -whole_until, whole_until));
}

struct NumberBounds {
  Bound low, high, above, below;
  bool none() const { return !low && !high && !above && !below; }
  Between integers() const {
    const auto then = [](Bound x, double (*round)(double), double more) { return x ? Bound(round(*x) + more) : x; };
    return {whole_bound(then(low, std::ceil, 0), then(above, std::floor, 1), true),
            whole_bound(then(high, std::floor, 0), then(below, std::ceil, -1), false)};
  }
  Between steps() const {
    const auto rounded = [](Bound x, double (*round)(double)) { return x ? Bound(round(*x)) : x; };
    return {whole_bound(rounded(low, std::ceil), rounded(above, std::ceil), true),
            whole_bound(rounded(high, std::floor), rounded(below, std::floor), false)};
  }
};

Result<NumberBounds> number_bounds(const JsonValue& schema, const std::string& path) {
  NumberBounds bounds;
  const std::pair<std::string_view, Bound*> words[] = {
      {"minimum", &bounds.low}, {"maximum", &bounds.high}, {"exclusiveMinimum", &bounds.above}, {"exclusiveMaximum", &bounds.below}};
  for (const auto& [keyword, bound] : words) {
    const std::optional<JsonValue> value = schema.find(keyword);
    if (!value) continue;
    *bound = value->as_double();
    if (!*bound) return not_supported(path, std::string(keyword) + " is no number");
  }
  return bounds;
}

// A member that an object may or must have.
struct Member {
  std::string key;
  RuleId value;
  bool required = false;
};

std::string json_text(std::string_view text) {
  std::string out;
  JsonWriter(out).value(text);
  return out;
}

Result<std::vector<std::string>> required_members(const JsonValue& schema, const std::string& path) {
  std::vector<std::string> names;
  const std::optional<JsonValue> required = schema.find("required");
  if (!required) return names;
  if (!required->is_list()) return not_supported(path, "required is no list");
  for (const JsonValue& name : required->items()) {
    if (!name.is_string()) return not_supported(path, "required holds what is no name");
    if (names.size() == most_items) return not_supported(path, "required names more than 1000 members");
    if (std::ranges::find(names, name.string()) != names.end()) return not_supported(path, "required names a member twice");
    names.emplace_back(name.string());
  }
  return names;
}

// From the last member backwards: what may follow when none, or one, was written before.
RuleId chain_of(Rules& rules, Values& values, const std::vector<Member>& members) {
  RuleId first = rules.add({{}}), more = first;
  for (auto member = members.rbegin(); member != members.rend(); ++member) {
    const RuleId written = rules.add({{literal(json_text(member->key)), values.space(), literal(":"), values.space(), member->value}});
    const RuleId begins = rules.add({{written, more}}), follows = rules.add({{values.next(written), more}});
    if (!member->required) {
      rules.alternative(begins, {first});
      rules.alternative(follows, {more});
    }
    first = begins, more = follows;
  }
  return first;
}

}  // namespace

SchemaReader::Read SchemaReader::string(const JsonValue& schema, const Place& place) {
  GH_TRY(const Count characters, counts(schema, {"minLength", "maxLength", most_characters}, place.path));
  const bool free = characters.least == 0 && characters.most == unbounded;
  const std::optional<JsonValue> format = schema.find("format");
  if (format && format->is_string() && free) {
    if (const std::optional<RuleId> known = values_.string_in(format->string())) return *known;
  }
  return free ? values_.string() : values_.string_of(characters);
}

SchemaReader::Read SchemaReader::number(const JsonValue& schema, const Place& place, bool whole) {
  const std::optional<JsonValue> step = schema.find("multipleOf");
  if (step && !(whole && step->as_double() == 1.0)) return not_supported(place.path, "multipleOf is not supported");
  GH_TRY(const NumberBounds bounds, number_bounds(schema, place.path));
  if (bounds.none()) return whole ? values_.integer() : values_.number();
  return whole ? integer_between(rules_, bounds.integers()) : number_between(rules_, bounds.integers(), bounds.steps());
}

SchemaReader::Read SchemaReader::list(const JsonValue& schema, const Place& place) {
  GH_TRY(const Count count, counts(schema, {"minItems", "maxItems", most_items}, place.path));
  const std::optional<JsonValue> unique = schema.find("uniqueItems");
  if (unique && unique->boolean() && count.most > 1) return not_supported(place.path, "uniqueItems is not supported");
  if (schema.find("prefixItems")) return tuple(schema, count, place);
  const std::optional<JsonValue> items = schema.find("items");
  if (items && items->is_list()) return not_supported(place.path, "items is a list; prefixItems is the name for that now");
  if (!items) return values_.list_of(values_.any(), count);
  GH_TRY(const RuleId item, this->schema(*items, place.at("items")));
  return values_.list_of(item, count);
}

// All that the prefix names, in their order, and behind them what "items" allows.
SchemaReader::Read SchemaReader::tuple(const JsonValue& schema, const Count& count, const Place& place) {
  const JsonValue prefix = *schema.find("prefixItems");
  if (!prefix.is_list()) return not_supported(place.path, "prefixItems is no list");
  Sequence sequence{literal("["), values_.space()};
  std::uint32_t written = 0;
  for (const JsonValue& one : prefix.items()) {
    if (written == count.most) break;
    GH_TRY(const RuleId item, this->schema(one, place.at("prefixItems/" + std::to_string(written))));
    sequence.emplace_back(written++ == 0 ? item : values_.next(item));
  }
  const std::optional<JsonValue> items = schema.find("items");
  if (written < count.least || (items && !items->is_bool())) {
    RuleId item = values_.any();
    if (items) {
      GH_TRY(item, this->schema(*items, place.at("items")));
    }
    if (written == 0) return values_.list_of(item, count);
    const std::uint32_t least = count.least > written ? count.least - written : 0;
    sequence.emplace_back(values_.next(item), least, count.most == unbounded ? unbounded : count.most - written);
  }
  sequence.emplace_back(values_.space());
  sequence.emplace_back(literal("]"));
  return rules_.add({std::move(sequence)});
}

SchemaReader::Read SchemaReader::object(const JsonValue& schema, const Place& place) {
  GH_TRY(const std::vector<std::string> required, required_members(schema, place.path));
  const std::optional<JsonValue> properties = schema.find("properties"), others = schema.find("additionalProperties");
  if (properties && !properties->is_object()) return not_supported(place.path, "properties is no object");
  GH_TRY(const Count count, counts(schema, {"minProperties", "maxProperties", most_items}, place.path));
  bool named = !required.empty();
  std::size_t known = required.size();
  if (properties) {
    std::size_t members = 0;
    for (const JsonMember& member : properties->members()) {
      named = true;
      if (++members > most_items) return not_supported(place.path, "properties names more than 1000 members");
      if (std::ranges::find(required, member.key) == required.end()) ++known;
    }
  }
  if (count.least > required.size() || known > count.most)
    return not_supported(place.path, "minProperties and maxProperties are kept to only where the members that are named do it");
  if (named) return members(schema, required, place);
  if (count.most == 0 || (others && others->is_bool() && !others->boolean()))
    return rules_.add({{literal("{"), values_.space(), literal("}")}});
  if (count.most != unbounded) return not_supported(place.path, "maxProperties is kept to only where members are named");
  RuleId value = values_.any();
  if (others) {
    GH_TRY(value, this->schema(*others, place.at("additionalProperties")));
  }
  return values_.object_of(value);
}

// In the order of "properties"; what "required" alone names comes last.
SchemaReader::Read SchemaReader::members(const JsonValue& schema, const std::vector<std::string>& required, const Place& place) {
  const std::optional<JsonValue> properties = schema.find("properties"), others = schema.find("additionalProperties");
  std::vector<Member> members;
  if (properties) {
    for (const JsonMember& property : properties->members()) {
      GH_TRY(const RuleId value, this->schema(property.value, place.at("properties/" + std::string(property.key))));
      members.push_back({std::string(property.key), value, std::ranges::find(required, property.key) != required.end()});
    }
  }
  for (const std::string& name : required) {
    if (std::ranges::find(members, name, &Member::key) != members.end()) continue;
    RuleId value = values_.any();
    if (others) {
      GH_TRY(value, this->schema(*others, place.at("additionalProperties")));
    }
    members.push_back({name, value, true});
  }
  const RuleId chain = chain_of(rules_, values_, members);
  return rules_.add({{literal("{"), values_.space(), chain, values_.space(), literal("}")}});
}

}  // namespace gatehouse::wire::grammar
