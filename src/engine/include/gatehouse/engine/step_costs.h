// engine/step_costs.h — what a step of a model takes on this machine, learnt from what steps have taken; and how much of a prompt may be
// computed between two tokens of others.
// Units    nanoseconds of wall time; tokens
// Threads  value types
// Rules    times are taken as lines: a fixed part, and one for each sequence of a decode step or each token of a prompt. Newer measurements
//          weigh more, so that the lines follow contention and longer contexts. Without measurements everything is free
#pragma once
#include <cstdint>

#include "gatehouse/base/clock.h"

namespace gatehouse::engine {

class SequenceModel;

// fixed + each * count
struct StepCost {
  double fixed = 0, each = 0;
  double of(std::uint32_t count) const { return fixed + each * static_cast<double>(count); }
};

struct StepCosts {
  StepCost decode;   // by sequences
  StepCost prefill;  // by tokens
};

// Tokens of prompts that may be computed beside a decode step of so many sequences: as many as leave the two within gap together, but no
// less time than the decode step itself takes (on a slow machine prompts must go on, too), no fewer than 64 (smaller
// passes make prompts so slow that those behind them find nobody to decode with), and no more than most. A multiple of 16 below most:
// kernels work on tiles.
std::uint32_t prefill_chunk(const StepCosts& costs, std::uint32_t decoding, nanoseconds gap, std::uint32_t most);

// A line through points that come one after the other; each point weighs 3 % less with every later one.
class CostLine {
 public:
  void saw(std::uint32_t count, nanoseconds took);
  StepCost cost() const;

 private:
  double weight_ = 0, x_ = 0, y_ = 0, xx_ = 0, xy_ = 0;  // sums
};

class CostModel {
 public:
  void saw_decode(std::uint32_t sequences, nanoseconds took) { decode_.saw(sequences, took); }
  void saw_prefill(std::uint32_t tokens, nanoseconds took) { prefill_.saw(tokens, took); }
  StepCosts costs() const { return {decode_.cost(), prefill_.cost()}; }

 private:
  CostLine decode_, prefill_;
};

// A few passes over a model that nobody uses yet, until they have taken `most` together: what the model knows before the first job. Leaves
// the model as it was. A pass that fails ends it.
CostModel rehearse(SequenceModel& model, const Clock& clock, nanoseconds most);

}  // namespace gatehouse::engine
