// wire/openai/logit_bias.h — what a request adds to the logits of single tokens: an object of token ids, in decimal and as they are
// written (no sign, no zero in front), and numbers from -100 to 100.
// Threads  value type
#pragma once
#include <cstdint>
#include <vector>

#include "gatehouse/wire/engine/frames.h"

namespace gatehouse::wire {

struct LogitBias {
  static constexpr std::uint32_t most = 300;
  std::vector<engine::TokenBias> tokens;  // each once
};

}  // namespace gatehouse::wire
