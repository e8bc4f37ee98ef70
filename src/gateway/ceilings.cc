#include "gatehouse/gateway/ceilings.h"

#include <algorithm>
#include <string>
#include <utility>

#include "gatehouse/wire/json/utf8.h"

namespace gatehouse::gateway {
namespace {

Error above(const char* field, const std::string& text, std::string most) {
  const std::string name = field + 1;
  return caller_error("invalid_value", text)
      .with_param(name)
      .with_faults({FieldFault(field, "is above what this server allows", std::move(most))});
}

}  // namespace

Status keep_below(const Ceilings& ceilings, Generation& generation) {
  if (generation.shape == AnswerShape::llm_generate && wire::code_points(generation.prompt.prompt) > ceilings.prompt) {
    const std::string most = std::to_string(ceilings.prompt);
    return above("/prompt", "prompt may have at most " + most + " characters on this server", "at most " + most + " characters");
  }
  if (ceilings.max_tokens == 0) return ok();
  if (generation.asks_max_tokens && *generation.max_tokens > ceilings.max_tokens) {
    const std::string most = std::to_string(ceilings.max_tokens);
    return above("/max_tokens", "max_tokens may be at most " + most + " on this server", "an integer from 1 to " + most);
  }
  if (generation.max_tokens) generation.max_tokens = std::min(*generation.max_tokens, ceilings.max_tokens);
  generation.open_allowance = std::min(generation.open_allowance, ceilings.max_tokens);
  return ok();
}

}  // namespace gatehouse::gateway
