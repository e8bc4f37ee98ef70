// wire/llm/tools.h — parts of tools and their calls, as every dialect has them.
// Threads  value types
#pragma once
#include <cstdint>
#include <string>

namespace gatehouse::wire {

inline constexpr std::uint32_t most_tools = 128;       // of a request
inline constexpr std::uint32_t most_tool_calls = 128;  // of a message
inline constexpr std::uint32_t longest_call_id = 256;  // code points

// 1 to 64 of a-z, A-Z, 0-9, _ and -.
struct ToolName {
  std::string text;
};
// A JSON Schema of an object, as JSON; empty: none is given.
struct ParametersText {
  std::string json;
};
// An object, as JSON …
struct ArgumentsObject {
  std::string json = "{}";
};
// … which stands in a string.
struct ArgumentsString {
  std::string json = "{}";
};

}  // namespace gatehouse::wire
