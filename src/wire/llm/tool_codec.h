// wire/llm/tool_codec.h — how the parts of tools are read, for the .cc files that describe messages.
#pragma once
#include "gatehouse/wire/json/codec.h"
#include "gatehouse/wire/llm/tools.h"

namespace gatehouse::wire {

template <>
struct Codec<ToolName> {
  static void read(const JsonValue& v, ToolName& out, const Rules& rules, Reading& r);
  static void schema(JsonWriter& w, const Rules& rules);
};

template <>
struct Codec<ParametersText> {
  static void read(const JsonValue& v, ParametersText& out, const Rules& rules, Reading& r);
  static void schema(JsonWriter& w, const Rules& rules);
};

template <>
struct Codec<ArgumentsObject> {
  static void read(const JsonValue& v, ArgumentsObject& out, const Rules& rules, Reading& r);
  static void schema(JsonWriter& w, const Rules&) { w.member("type", "object"); }
};

template <>
struct Codec<ArgumentsString> {
  static void read(const JsonValue& v, ArgumentsString& out, const Rules& rules, Reading& r);
  static void schema(JsonWriter& w, const Rules&) { w.member("type", "string"); }
};

}  // namespace gatehouse::wire
