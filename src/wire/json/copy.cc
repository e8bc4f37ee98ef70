#include "gatehouse/wire/json/copy.h"

namespace gatehouse::wire {

void copy_json(JsonWriter& json, const JsonValue& value) {
  if (value.is_object()) {
    json.begin_object();
    for (const JsonMember& member : value.members()) copy_json(json.key(member.key), member.value);
    json.end_object();
  } else if (value.is_list()) {
    json.begin_list();
    for (const JsonValue& item : value.items()) copy_json(json, item);
    json.end_list();
  } else if (value.is_string()) {
    json.value(value.string());
  } else if (value.is_bool()) {
    json.value(value.boolean());
  } else if (const auto whole = value.as_int64()) {
    json.value(*whole);
  } else if (const auto large = value.as_uint64()) {
    json.value(*large);
  } else if (const auto number = value.as_double()) {
    json.value(*number);
  } else {
    json.null();
  }
}

}  // namespace gatehouse::wire
