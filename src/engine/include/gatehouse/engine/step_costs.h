// engine/step_costs.h — what a step of a model takes on this machine, learnt from what steps have taken; and how much of a prompt may be
// computed between two tokens of others.
// Units    nanoseconds of wall time; tokens
// Threads  value types
// Rules    times are taken as lines: a fixed part, and one for each sequence of a decode step or each token of a prompt; a token of a
//          prompt takes longer the more stands in front of it. Newer measurements weigh more, so that the lines follow contention and
//          longer contexts. Without measurements everything is free
#pragma once
#include <algorithm>
#include <cstdint>

#include "gatehouse/base/clock.h"

namespace gatehouse::engine {

class SequenceModel;

// fixed + each * count
struct StepCost {
  double fixed = 0, each = 0;
  double of(std::uint32_t count) const { return fixed + each * static_cast<double>(count); }
};

// Attention works on tiles of so many tokens of a prompt; where there are fewer it goes another way, on which each takes twice as long.
inline constexpr std::uint32_t attention_tile = 64;

// The tokens of one pass over prompts, and what they look back at: of each prompt its whole tiles, or what it has in place of one, times
// the tokens in front of their middle.
struct PromptPass {
  std::uint32_t tokens = 0;
  double looks = 0;
  void add(std::uint32_t in_front, std::uint32_t more) {
    const std::uint32_t whole = (more + attention_tile - 1) / attention_tile * attention_tile;
    tokens += more;
    looks += static_cast<double>(std::min(whole, 2 * more)) * (in_front + more / 2.0);
  }
};

// fixed + each * tokens + deep * looks
struct PromptCost {
  double fixed = 0, each = 0, deep = 0;
  // Of a token behind so many others, where it is one of a whole tile.
  double token(double in_front) const { return each + deep * in_front; }
  double of(const PromptPass& pass) const { return fixed + each * static_cast<double>(pass.tokens) + deep * pass.looks; }
};

struct StepCosts {
  StepCost decode;  // by sequences
  PromptCost prefill;
};

// Tokens of prompts that may be computed beside a decode step of so many sequences, of a prompt of which depth tokens are computed: as many
// as leave the two within gap together, but no less time than the decode step itself takes (on a slow machine prompts must go on, too), no
// fewer than 64 (smaller passes make prompts so slow that those behind them find nobody to decode with: attention works on tiles of 64, and
// far down 32 take as long), and no more than most. A multiple of 16 below most: products work on tiles, too.
std::uint32_t prefill_chunk(const StepCosts& costs, std::uint32_t decoding, std::uint32_t depth, nanoseconds gap, std::uint32_t most);

// A line through points that come one after the other; each point weighs 3 % less with every later one.
class CostLine {
 public:
  void saw(double x, double nanoseconds);
  StepCost cost() const;
  // Of the points: how far they lie from their middle, squared, in the mean.
  double spread() const;

 private:
  double weight_ = 0, x_ = 0, y_ = 0, xx_ = 0, xy_ = 0;  // sums
};

class CostModel {
 public:
  void saw_decode(std::uint32_t sequences, nanoseconds took);
  // One pass counts for no more than four times what was expected of it: a process that was stopped says nothing about the model.
  void saw_prefill(const PromptPass& pass, nanoseconds took);
  StepCosts costs() const;

 private:
  CostLine decode_;
  CostLine prefill_;  // by tokens, as if nothing stood in front of them
  CostLine depth_;    // of a token, by what it looks back at
  double deep_ = 0;
};

// A few passes over a model that nobody uses yet, until they have taken `most` together: what the model knows before the first job. Leaves
// the model as it was. A pass that fails ends it.
CostModel rehearse(SequenceModel& model, const Clock& clock, nanoseconds most);

}  // namespace gatehouse::engine
