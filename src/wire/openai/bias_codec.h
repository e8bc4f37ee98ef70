// wire/openai/bias_codec.h — how a LogitBias is read, and its schema; for the .cc files that describe messages with one.
#pragma once
#include "gatehouse/wire/json/codec.h"
#include "gatehouse/wire/openai/logit_bias.h"

namespace gatehouse::wire {

template <>
struct Codec<LogitBias> {
  static void read(const JsonValue& v, LogitBias& out, const Rules& rules, Reading& r);
  static void schema(JsonWriter& w, const Rules& rules);
};

}  // namespace gatehouse::wire
