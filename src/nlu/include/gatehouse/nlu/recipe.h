// nlu/recipe.h — what a model's manifest says of how it reads texts and prompts; with its vocabulary it is all that is asked of it here.
// Units    lengths in tokens; the threshold is a logit
// Threads  immutable
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gatehouse/nlu/decode.h"
#include "gatehouse/nlu/tokenizer.h"

namespace gatehouse::nlu {

struct Recipe {
  WindowRule window;
  std::size_t longest_prompt = 128;                // at least 2
  std::optional<std::uint32_t> prompt_base = 384;  // where positions of prompts begin; nothing: where the text beside them ends
  double threshold = 0;
  std::vector<std::string> event_types;
};

struct Model {
  Tokenizer tokenizer;
  Recipe recipe;
};

}  // namespace gatehouse::nlu
