// How requests read a schema that is one of their members.
#pragma once
#include "gatehouse/wire/json/codec.h"
#include "gatehouse/wire/nlu/schema.h"

namespace gatehouse::wire {

template <>
struct Codec<NluSchema> {
  static void read(const JsonValue& value, NluSchema& out, const Rules& rules, Reading& reading);
  static void schema(JsonWriter& json, const Rules& rules);
};

}  // namespace gatehouse::wire
