// engine/model_speed.h — how fast a model computes on this machine: what an operator is told who imports one.
// Units    tokens a second; of a decode step those of all its sequences together
// Threads  measure_speed() on the thread that owns the model, which nobody else uses yet; leaves it as it was
// Errors   those of a pass that fails
#pragma once
#include <cstdint>
#include <vector>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/result.h"

namespace gatehouse::engine {

class SequenceModel;

struct DecodeSpeed {
  std::uint32_t sequences = 0;
  double tokens = 0;
};

struct ModelSpeed {
  std::uint32_t threads = 0;
  double prefill = 0;               // of one prompt
  std::vector<DecodeSpeed> decode;  // with 1, 4 and 16 sequences, as far as there are seats
};

// each: for how long each of them is measured. The median of its passes counts, so that a busy moment does not.
Result<ModelSpeed> measure_speed(SequenceModel& model, const Clock& clock, nanoseconds each);

}  // namespace gatehouse::engine
