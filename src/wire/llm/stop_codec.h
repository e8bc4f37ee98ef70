// wire/llm/stop_codec.h — how a StopList is read, and its schema; for the .cc files that describe messages with one.
#pragma once
#include "gatehouse/wire/json/codec.h"
#include "gatehouse/wire/llm/stop_list.h"

namespace gatehouse::wire {

template <>
struct Codec<StopList> {
  static void read(const JsonValue& v, StopList& out, const Rules& rules, Reading& r);
  static void schema(JsonWriter& w, const Rules& rules);
};

}  // namespace gatehouse::wire
