#include "gatehouse/gateway/ceilings.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <string>
#include <string_view>
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

Error above_role(std::string_view reason, const char* field, const std::string& most) {
  const std::string name = field + 1;
  return caller_error(reason, name + " may be at most " + most + " for your role")
      .with_param(name)
      .with_faults({FieldFault(field, "is above what your role allows", "at most " + most)});
}

// As people write it: 0.7, and not what is next to it.
std::string decimal(double number) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), number);
  return std::string(text.data(), end.ptr);
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

Status keep_below(const identity::ParameterCeilings& role, Generation& generation) {
  wire::engine::Prepare& prompt = generation.prompt;
  if (role.max_tokens && generation.asks_max_tokens && *generation.max_tokens > *role.max_tokens) {
    return above_role("max_tokens_above_role", "/max_tokens", std::to_string(*role.max_tokens));
  }
  if (role.n && prompt.choices > *role.n) return above_role("n_above_role", "/n", std::to_string(*role.n));
  const float warmest = static_cast<float>(role.temperature.value_or(std::numeric_limits<float>::max()));
  if (generation.asks_temperature && prompt.sampling.temperature > warmest) {
    return above_role("temperature_above_role", "/temperature", decimal(*role.temperature));
  }
  if (role.max_tokens) {
    if (generation.max_tokens) generation.max_tokens = std::min(*generation.max_tokens, *role.max_tokens);
    generation.open_allowance = std::min(generation.open_allowance, *role.max_tokens);
  }
  prompt.sampling.temperature = std::min(prompt.sampling.temperature, warmest);
  return ok();
}

}  // namespace gatehouse::gateway
