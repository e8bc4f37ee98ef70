#include "schemas.h"

#include <initializer_list>
#include <string_view>

namespace gatehouse::gateway {
namespace {

void object_of_strings(wire::JsonWriter& json, std::initializer_list<std::string_view> names) {
  json.begin_object().member("type", "object");
  json.key("properties").begin_object();
  for (const std::string_view name : names) json.key(name).begin_object().member("type", "string").end_object();
  json.end_object();
  json.key("required").begin_list();
  for (const std::string_view name : names) json.value(name);
  json.end_list().end_object();
}

}  // namespace

void root_schema(wire::JsonWriter& json) { object_of_strings(json, {"message", "version"}); }
void version_schema(wire::JsonWriter& json) { object_of_strings(json, {"version", "build"}); }
void status_schema(wire::JsonWriter& json) { object_of_strings(json, {"status"}); }

void health_status_schema(wire::JsonWriter& json) {
  json.begin_object().member("type", "object").key("properties").begin_object();
  json.key("service").begin_object().member("type", "string").end_object();
  json.key("status").begin_object().member("type", "string").end_object();
  json.key("llm_service");
  object_of_strings(json, {"status", "model"});
  json.end_object().end_object();
}

void any_object_schema(wire::JsonWriter& json) { json.begin_object().member("type", "object").end_object(); }

}  // namespace gatehouse::gateway
