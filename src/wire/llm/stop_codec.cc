#include "stop_codec.h"

namespace gatehouse::wire {
namespace {

// An empty string would end every answer before it began.
constexpr Rules one_string = [] {
  Rules rules;
  rules.min_length = 1, rules.max_length = StopList::longest;
  return rules;
}();

constexpr Rules strings = [] {
  Rules rules = one_string;
  rules.max_items = StopList::most;
  return rules;
}();

}  // namespace

void Codec<StopList>::read(const JsonValue& v, StopList& out, const Rules&, Reading& r) {
  if (v.is_string()) return read_string(v, out.strings.emplace_back(), one_string, r);
  if (v.is_list()) return Codec<std::vector<std::string>>::read(v, out.strings, strings, r);
  wrong_kind(v, "a string or a list of at most 4 strings", r);
}

void Codec<StopList>::schema(JsonWriter& w, const Rules& rules) {
  w.key("anyOf").begin_list();
  w.begin_object();
  schema_string(w, one_string);
  w.end_object().begin_object();
  Codec<std::vector<std::string>>::schema(w, strings);
  w.end_object();
  if (rules.nullable) w.begin_object().member("type", "null").end_object();
  w.end_list();
}

}  // namespace gatehouse::wire
