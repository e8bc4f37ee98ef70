// wire/anthropic/messages.h — the bodies of POST /v1/messages and /v1/messages/count_tokens.
// Units    limits in tokens
// Rules    text blocks of system, or of what came of a call, are joined with a newline; what is neither text nor a call of a tool nor
//          what came of one is refused by its type's name
// Threads  value types, pure functions
// Errors   as wire/json/fields.h
// Source   Anthropic API, "Create a Message" and "Count tokens in a Message"
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/base/result.h"
#include "gatehouse/wire/json/value.h"
#include "gatehouse/wire/json/writer.h"
#include "gatehouse/wire/llm/tools.h"

namespace gatehouse::wire {

// A string, or a list of blocks of type text.
struct BlockText {
  std::string text;
};

enum class TurnRole : std::uint8_t { user, assistant, system };
std::string_view name_of(TurnRole role);

struct Block {
  enum class Kind : std::uint8_t { text, tool_use, tool_result };
  Kind kind = Kind::text;
  std::string text;     // of a tool_result: what came of the call
  std::string call_id;  // of a tool_use: its own; of a tool_result: of the call that it belongs to
  ToolName name;
  ArgumentsObject input;
};
// A string, or a list of blocks.
struct BlockList {
  std::vector<Block> blocks;
};

struct Turn {
  TurnRole role = TurnRole::user;
  BlockList content;
};

struct MessageTool {
  ToolName name;
  std::string description;
  ParametersText input_schema;
  bool strict = false;
};
// "auto", "any", "tool" or "none".
struct ToolWish {
  std::string type = "auto";
  std::string name;  // of type tool
  bool disable_parallel_tool_use = false;

  bool demands_tool() const { return type == "any" || type == "tool"; }
};

// What the prompt is made of.
struct Conversation {
  std::vector<Turn> messages;
  std::string model;  // empty: the default
  BlockText system;
  std::vector<MessageTool> tools;
  ToolWish tool_choice;

  // The field that brings tools into it; empty: none does.
  std::string tools_field() const;
};

struct MessagesRequest : Conversation {
  static constexpr std::uint32_t most_stops = 16;

  std::uint32_t max_tokens = 0;
  double temperature = 1.0;
  double top_p = 1.0;
  std::uint32_t top_k = 0;  // 0: all
  std::vector<std::string> stop_sequences;
  bool stream = false;
};

Result<MessagesRequest> read_messages_request(const JsonValue& body);
void messages_request_schema(JsonWriter& w);
Result<Conversation> read_count_tokens_request(const JsonValue& body);
void count_tokens_request_schema(JsonWriter& w);

}  // namespace gatehouse::wire
