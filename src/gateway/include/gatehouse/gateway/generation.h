// gateway/generation.h — what every dialect's request for text comes down to.
// Units    tokens
// Threads  value type
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "gatehouse/wire/engine/frames.h"
#include "gatehouse/wire/llm/usage.h"

namespace gatehouse::gateway {

enum class AnswerShape : std::uint8_t { chat, completion, llm_generate, messages, oip_generate };

struct Generation {
  AnswerShape shape = AnswerShape::chat;
  std::string model;  // as asked for; empty: the default
  wire::engine::Prepare prompt;
  std::optional<std::uint32_t> max_tokens;
  bool asks_max_tokens = false;         // the request itself says it
  bool asks_temperature = false;        // the same
  std::uint32_t open_allowance = 1024;  // where nobody says it, and less where less fits
  bool stream = false;
  bool include_usage = false;
  bool echo = false;     // the answer begins with the prompt
  std::string asked_id;  // is told back, in a dialect whose requests have one; empty: the answer gets one
};

// What became of it, for the answer, the log and the meters.
using Usage = wire::TokenUsage;

}  // namespace gatehouse::gateway
