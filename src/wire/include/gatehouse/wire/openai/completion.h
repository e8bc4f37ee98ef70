// wire/openai/completion.h — the body of POST /v1/completions.
// Units    limits in tokens
// Threads  value types, pure functions
// Errors   as wire/openai/chat.h
// Source   openai-openapi, CreateCompletionRequest
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "gatehouse/base/result.h"
#include "gatehouse/wire/json/value.h"
#include "gatehouse/wire/json/writer.h"
#include "gatehouse/wire/llm/stop_list.h"
#include "gatehouse/wire/openai/chat.h"

namespace gatehouse::wire {

// A string, a list of strings, or token ids in one list or several; only one string can be answered yet.
struct PromptInput {
  std::string text;
  std::size_t prompts = 0;
  bool token_ids = false;
};

struct CompletionRequest {
  PromptInput prompt;
  std::string model;  // empty: the default
  std::optional<std::uint32_t> max_tokens;
  double temperature = 1.0;
  double top_p = 1.0;
  std::int32_t top_k = 0;  // 0 and −1: all
  double min_p = 0.0;
  std::optional<std::int64_t> seed;  // −1: any
  StopList stop;
  bool stream = false;
  std::optional<StreamOptions> stream_options;
  std::uint32_t n = 1;
  std::uint32_t best_of = 1;
  std::optional<std::uint32_t> logprobs;
  bool echo = false;  // not together with logprobs: none are known of the prompt's tokens
  double frequency_penalty = 0.0, presence_penalty = 0.0;
  LogitBias logit_bias;

  bool include_usage() const { return stream_options && stream_options->include_usage; }
};

Result<CompletionRequest> read_completion_request(const JsonValue& body);
void completion_request_schema(JsonWriter& w);
Status check_abilities(const CompletionRequest& request);

}  // namespace gatehouse::wire
