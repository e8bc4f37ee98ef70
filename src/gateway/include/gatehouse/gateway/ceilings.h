// gateway/ceilings.h — what this installation, and the role of who asks, let a request for text ask for, whatever a model could do.
// Units    tokens; code points of a prompt
// Threads  value type, pure functions
// Errors   invalid_value; max_tokens_above_role, n_above_role, temperature_above_role: 400, 422 where faults are listed, origin caller
#pragma once
#include <cstdint>

#include "gatehouse/base/result.h"
#include "gatehouse/gateway/generation.h"
#include "gatehouse/identity/grants.h"

namespace gatehouse::gateway {

struct Ceilings {
  std::uint32_t max_tokens = 0;   // 0: none
  std::uint32_t prompt = 10'000;  // of /api/llm/generate, whose schema allows no more
};

// What is asked for must be below them; what is left open comes to lie below them.
Status keep_below(const Ceilings& ceilings, Generation& generation);
// The same of a role's.
Status keep_below(const identity::ParameterCeilings& role, Generation& generation);

}  // namespace gatehouse::gateway
