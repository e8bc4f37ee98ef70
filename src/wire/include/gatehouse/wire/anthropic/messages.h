// wire/anthropic/messages.h — the bodies of POST /v1/messages and /v1/messages/count_tokens.
// Units    limits in tokens
// Rules    text blocks of one turn, or of system, are joined with a newline; blocks of any other type are refused by their type's name
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

namespace gatehouse::wire {

// A string, or a list of blocks of type text.
struct BlockText {
  std::string text;
};

enum class TurnRole : std::uint8_t { user, assistant, system };
std::string_view name_of(TurnRole role);

struct Turn {
  TurnRole role = TurnRole::user;
  BlockText content;
};

struct ToolList {
  std::size_t tools = 0;  // how many
};
// "auto", "any", "tool" or "none".
struct ToolWish {
  std::string type = "auto";
};

// What the prompt is made of.
struct Conversation {
  std::vector<Turn> messages;
  std::string model;  // empty: the default
  BlockText system;
  ToolList tools;
  ToolWish tool_choice;

  // The field that brings tools into it; empty: none does.
  std::string_view tools_field() const;
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
