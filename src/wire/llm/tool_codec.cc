#include "llm/tool_codec.h"

#include "gatehouse/wire/grammar/schema_grammar.h"
#include "gatehouse/wire/json/copy.h"
#include "gatehouse/wire/json/document.h"
#include "gatehouse/wire/llm/call_reader.h"

namespace gatehouse::wire {

void Codec<ToolName>::read(const JsonValue& v, ToolName& out, const Rules& rules, Reading& r) {
  if (!v.is_string()) return read_string(v, out.text, rules, r);
  out.text = v.string();
  if (!is_tool_name(out.text)) r.fault("is no name of a tool", "1 to 64 of a-z, A-Z, 0-9, _ and -");
}

void Codec<ToolName>::schema(JsonWriter& w, const Rules&) { w.member("type", "string").member("pattern", "^[a-zA-Z0-9_-]{1,64}$"); }

void Codec<ParametersText>::read(const JsonValue& v, ParametersText& out, const Rules&, Reading& r) {
  if (!v.is_object()) return wrong_kind(v, "a JSON Schema of an object", r);
  const std::optional<JsonValue> type = v.find("type");
  const bool of_object = !type || (type->is_string() && type->string() == "object");
  if (!of_object) r.fault_at("type", "is not \"object\": arguments are members of an object", "\"object\"");
  JsonWriter json(out.json);
  copy_json(json, v);
  if (out.json.size() > most_schema_bytes) r.fault("is too large", "a JSON Schema of at most 256 KiB");
}

void Codec<ParametersText>::schema(JsonWriter& w, const Rules& rules) {
  w.member_raw("type", rules.nullable ? R"(["object","null"])" : R"("object")");
  w.member_raw("properties", R"({"type":{"enum":["object"]}})");
}

void Codec<ArgumentsObject>::read(const JsonValue& v, ArgumentsObject& out, const Rules&, Reading& r) {
  if (!v.is_object()) return wrong_kind(v, "an object", r);
  out.json.clear();
  JsonWriter json(out.json);
  copy_json(json, v);
}

void Codec<ArgumentsString>::read(const JsonValue& v, ArgumentsString& out, const Rules&, Reading& r) {
  if (!v.is_string()) return wrong_kind(v, "the JSON of an object, in a string", r);
  if (v.string().empty()) return;  // some clients have nothing to say of nothing
  JsonParser parser;
  const Result<JsonValue> value = parser.parse(v.string());
  if (!value || !value->is_object()) return r.fault("is not the JSON of an object", "the JSON of an object, in a string");
  out.json.clear();
  JsonWriter json(out.json);
  copy_json(json, *value);
}

}  // namespace gatehouse::wire
