// wire/openai/chat.h — the body of POST /v1/chat/completions.
// Units    limits in tokens
// Rules    a member that is null where the schema allows it is as good as absent; text parts of one message are joined with a newline
// Threads  value types, pure functions
// Errors   as wire/json/fields.h
// Source   openai-openapi, CreateChatCompletionRequest
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/base/result.h"
#include "gatehouse/wire/json/value.h"
#include "gatehouse/wire/json/writer.h"
#include "gatehouse/wire/llm/stop_list.h"
#include "gatehouse/wire/llm/tools.h"
#include "gatehouse/wire/openai/logit_bias.h"

namespace gatehouse::wire {

enum class ChatRole : std::uint8_t { system, developer, user, assistant, tool, function };
std::string_view name_of(ChatRole role);

// A string, or a list of parts of type text.
struct MessageContent {
  std::string text;
};

// What the assistant asked for.
struct FunctionCall {
  ToolName name;
  ArgumentsString arguments;
};
struct ChatToolCall {
  std::string id;
  FunctionCall function;
};

struct ChatMessage {
  ChatRole role = ChatRole::user;
  std::optional<MessageContent> content;  // none only for assistant
  std::string name;
  std::vector<ChatToolCall> tool_calls;  // of assistant
  std::string tool_call_id;              // of tool: a call of a message before
  std::size_t function_call = 0;         // the members of an older form of tool_calls

  std::string_view text() const { return content ? std::string_view(content->text) : std::string_view(); }
};

struct StreamOptions {
  bool include_usage = false;
};

struct FunctionSpec {
  ToolName name;
  std::string description;
  ParametersText parameters;
  bool strict = false;
};
struct ChatTool {
  FunctionSpec function;
};

// "none", "auto", "required", or an object that names one.
struct ToolChoice {
  bool demands_tool = false, forbids_tools = false;
  std::string name;  // of the only tool that may be called; empty: any
};

// The older form of it, which demands nothing here.
struct OlderChoice {
  bool forbids_functions = false;
};

enum class AnswerFormat : std::uint8_t { text, json_object, json_schema };
// A schema: an object or a truth value, as JSON.
struct SchemaText {
  std::string json;
};
struct SchemaFormat {
  std::string name;
  SchemaText schema;  // empty: any object
};
struct ResponseFormat {
  AnswerFormat type = AnswerFormat::text;
  std::optional<SchemaFormat> json_schema;
  // The schema that the answer keeps to, as JSON; empty: none.
  std::string schema() const;
};

struct ChatRequest {
  std::vector<ChatMessage> messages;
  std::string model;  // empty: the default
  std::optional<std::uint32_t> max_tokens, max_completion_tokens;
  double temperature = 1.0;
  double top_p = 1.0;
  std::int32_t top_k = 0;  // 0 and −1: all
  double min_p = 0.0;
  std::optional<std::int64_t> seed;  // −1: any
  StopList stop;
  bool stream = false;
  std::optional<StreamOptions> stream_options;
  std::uint32_t n = 1;
  bool logprobs = false;
  std::uint32_t top_logprobs = 0;
  std::vector<ChatTool> tools;
  std::size_t functions = 0;  // how many: the older form of tools
  ToolChoice tool_choice;
  OlderChoice function_call;
  bool parallel_tool_calls = true;
  ResponseFormat response_format;
  double frequency_penalty = 0.0, presence_penalty = 0.0;
  LogitBias logit_bias;

  // Of the two names for it, whichever is given; both say the same when both are.
  std::optional<std::uint32_t> token_limit() const { return max_completion_tokens ? max_completion_tokens : max_tokens; }
  bool include_usage() const { return stream_options && stream_options->include_usage; }
  // The field that brings tools into it; empty: none does.
  std::string tools_field() const;
  // The field that does so in the form which OpenAI has given up: functions; empty: none does.
  std::string functions_field() const;
};

Result<ChatRequest> read_chat_request(const JsonValue& body);
void chat_request_schema(JsonWriter& w);

// As a sampler takes them: nothing for −1, all bits otherwise.
std::optional<std::uint64_t> sampler_seed(std::optional<std::int64_t> seed);
std::uint32_t sampler_top_k(std::int32_t top_k);

}  // namespace gatehouse::wire
