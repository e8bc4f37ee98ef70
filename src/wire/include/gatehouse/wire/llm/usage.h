// wire/llm/usage.h — how much an answer took, and whose answer it is: what every reply of a language model begins and ends with.
// Units    tokens; created in unix seconds
// Threads  value types; views are borrowed for the length of a call
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace gatehouse::wire {

struct TokenUsage {
  std::uint32_t prompt_tokens = 0;
  std::uint32_t cached_tokens = 0;  // of the prompt's, those that needed no computing
  std::uint32_t completion_tokens = 0;
  std::optional<std::uint64_t> cost = {};  // billionths of the operator's currency; nothing where the model has no price
};

// The same on every chunk of an answer.
struct AnswerHead {
  std::string_view id;
  std::int64_t created = 0;
  std::string_view model;
  std::string_view system_fingerprint = {};  // left out when empty, and by /api/llm/generate
};

// A call of a tool that an answer asks for.
struct CalledTool {
  std::string_view id, name;
  std::string_view arguments;  // JSON of an object; where the answer ended within it, of its beginning
};

// One of the answers to a prompt; finish_reason is stop, length, tool_calls or content_filter.
struct WholeChoice {
  std::string_view text;
  std::string_view finish_reason;
  std::string_view logprobs = "null";  // JSON, as wire/openai/logprobs.h writes it
  std::span<const CalledTool> calls = {};
  std::string_view stop_reason = {};  // where finish_reason does not say enough: "budget"; left out when empty
};

struct WholeAnswer {
  AnswerHead head;
  std::span<const WholeChoice> choices;  // in the order of their index
  TokenUsage usage;
};

}  // namespace gatehouse::wire
