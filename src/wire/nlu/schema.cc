#include "gatehouse/wire/nlu/schema.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "gatehouse/wire/json/document.h"
#include "gatehouse/wire/json/utf8.h"
#include "schema_codec.h"

namespace gatehouse::wire {
namespace {

constexpr std::string_view whole_schema = "an object of keys, or a string that holds one";
constexpr std::string_view below_key = "null, an object of keys, or a list of names";
constexpr std::size_t most_string_bytes = 1024UL * 1024;

bool is_control_character(std::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  return first < 0x20 || first == 0x7F || (first == 0xC2 && static_cast<unsigned char>(character[1]) < 0xA0);
}

bool is_blank_character(std::string_view character) {
  constexpr std::string_view wide[] = {"\u00A0", "\u1680", "\u2028", "\u2029", "\u202F", "\u205F", "\u3000"};
  return character == " " || std::ranges::find(wide, character) != std::end(wide) || (character >= "\u2000" && character <= "\u200A");
}

// What is wrong with the name of a key, and what would have been right.
std::optional<std::pair<std::string, std::string>> name_fault(std::string_view name) {
  if (code_points(name) > NluSchema::longest_name) {
    return std::pair("has a name that is too long", "a name of at most " + std::to_string(NluSchema::longest_name) + " characters");
  }
  bool blank = true;
  for (std::string_view rest = name; !rest.empty();) {
    const std::string_view character = rest.substr(0, std::max<std::size_t>(utf8_sequence(rest), 1));
    if (is_control_character(character)) return std::pair("has a control character in its name", "a name of printable characters");
    blank = blank && is_blank_character(character);
    rest.remove_prefix(character.size());
  }
  if (blank) return std::pair("has no name", "a name of at least one character");
  return std::nullopt;
}

class SchemaReader {
 public:
  explicit SchemaReader(Reading& reading) : reading_(&reading) {}

  void root(const JsonValue& value, std::vector<NluKey>& out);

 private:
  void object(const JsonValue& value, std::vector<NluKey>& out, std::size_t level);
  void names(const JsonValue& list, std::vector<NluKey>& out, std::size_t level);
  void below(const JsonValue& value, std::vector<NluKey>& out, std::size_t level);
  // Whether there is room for one more: its name is right, and it is not one too many.
  bool take(std::string_view name, std::size_t level);
  bool over() const { return keys_ > NluSchema::most_keys || reading_->full(); }

  Reading* reading_;
  std::size_t keys_ = 0;
};

void SchemaReader::root(const JsonValue& value, std::vector<NluKey>& out) {
  if (value.is_object()) return object(value, out, 1);
  if (!value.is_string()) return wrong_kind(value, std::string(whole_schema), *reading_);
  JsonParser parser(JsonLimits{.bytes = most_string_bytes});
  const Result<JsonValue> parsed = parser.parse(value.string());
  if (!parsed) return reading_->fault("is a string that holds no JSON object: " + parsed.error().public_text(), std::string(whole_schema));
  if (!parsed->is_object()) return wrong_kind(*parsed, std::string(whole_schema), *reading_);
  object(*parsed, out, 1);
}

void SchemaReader::object(const JsonValue& value, std::vector<NluKey>& out, std::size_t level) {
  for (const JsonMember member : value.members()) {
    if (over()) return;
    const PathStep step(*reading_, member.key);
    if (!take(member.key, level)) continue;
    NluKey& key = out.emplace_back();
    key.name = member.key;
    below(member.value, key.below, level + 1);
  }
  if (level == 1 && keys_ == 0) reading_->fault("holds no key", "at least one key");
}

void SchemaReader::names(const JsonValue& list, std::vector<NluKey>& out, std::size_t level) {
  read_items(list, *reading_, [&](const JsonValue& item) {
    if (over()) return;
    if (!item.is_string()) return wrong_kind(item, "the name of a key", *reading_);
    const bool twice = std::ranges::find(out, item.string(), &NluKey::name) != out.end();
    if (twice) return reading_->fault("stands in its list twice", "each name once");
    if (take(item.string(), level)) out.emplace_back().name = item.string();
  });
}

void SchemaReader::below(const JsonValue& value, std::vector<NluKey>& out, std::size_t level) {
  const bool leaf = value.is_null() || (value.is_string() && value.string().empty());
  if (leaf) return;
  if (value.is_object()) return object(value, out, level);
  if (value.is_list()) return names(value, out, level);
  wrong_kind(value, std::string(below_key), *reading_);
}

bool SchemaReader::take(std::string_view name, std::size_t level) {
  if (level > NluSchema::levels) {
    return reading_->fault("is nested too deep", "at most " + std::to_string(NluSchema::levels) + " levels of keys"), false;
  }
  if (++keys_ > NluSchema::most_keys) {
    return reading_->fault("is one key too many", "at most " + std::to_string(NluSchema::most_keys) + " keys in the whole schema"), false;
  }
  auto fault = name_fault(name);
  if (fault) reading_->fault(std::move(fault->first), std::move(fault->second));
  return !fault;
}

void write_keys(JsonWriter& json, const std::vector<NluKey>& keys) {
  json.begin_object();
  for (const NluKey& key : keys) {
    json.key(key.name);
    if (key.leaf()) {
      json.null();
    } else {
      write_keys(json, key.below);
    }
  }
  json.end_object();
}

}  // namespace

void Codec<NluSchema>::read(const JsonValue& value, NluSchema& out, const Rules&, Reading& reading) {
  SchemaReader(reading).root(value, out.keys);
}

void Codec<NluSchema>::schema(JsonWriter& json, const Rules&) {
  json.key("oneOf").begin_list();
  json.begin_object().member("type", "object").member("minProperties", 1).member("maxProperties", NluSchema::most_keys).end_object();
  json.begin_object().member("type", "string").member("minLength", 2).end_object();
  json.end_list();
}

Result<NluSchema> read_nlu_schema(const JsonValue& value) {
  Reading reading;
  NluSchema schema;
  Codec<NluSchema>::read(value, schema, Rules{}, reading);
  if (!reading.clean()) return std::move(reading).error();
  return schema;
}

void write_nlu_schema(JsonWriter& json, const NluSchema& schema) { write_keys(json, schema.keys); }

}  // namespace gatehouse::wire
