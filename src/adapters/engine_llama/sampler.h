// adapters/engine_llama/sampler.h — the next token from a row of logits.
// Order    biases and penalties, top_k, top_p, min_p, temperature, then the draw; temperature 0 takes the highest logit, the first of
//          equals
// Rules    as OpenAI has it: a token's logit + its bias - frequency_penalty · (how often next() has said it) - presence_penalty where it
//          has. The prompt does not count. What is not asked for costs nothing; the rest costs by the tokens that it is for, not by the
//          row. Logprobs are of the row as it came: each token's share before biases, penalties, temperature and what top_k, top_p and
//          min_p leave, and none below -9999. That is what OpenAI reports; it says what the model thinks, whatever the request turns, and
//          has a figure for every token that can be drawn
// Units    natural logarithms; seeds of 64 bits; the same seed, settings and rows give the same tokens
// Threads  one thread a sampler; the samplers of a thread may share their scratch space
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "gatehouse/engine/sequence_model.h"
#include "row_scan.h"

namespace gatehouse::adapters {

// The index of the highest value, the first of equals; values that are no number never win.
engine::Token highest(std::span<const float> row, const RowScan& scan = widest_row_scan());

struct Candidate {
  float logit;
  float weight;
  engine::Token token;
};

struct Likelihood {
  engine::Token token;
  float logprob;
};

struct SamplerScratch {
  const RowScan* scan = &widest_row_scan();
  std::vector<float> tops;  // the highest logit of each block of the row
  std::vector<double> sums;
  std::vector<float> ranked;
  std::vector<Candidate> kept;
  std::vector<float> replaced;  // logits, as they were before biases and penalties
  // Of the latest token, where its settings ask for logprobs.
  float sampled_logprob = 0;
  std::vector<Likelihood> likeliest;  // in order
};

class Sampler {
 public:
  Sampler() = default;
  // random_seed is used where the settings name none.
  Sampler(const wire::engine::Sampling& settings, std::uint64_t random_seed);
  // The row is changed while it is being drawn from; afterwards it is as it was. constraint: what the answer keeps to; null: nothing.
  engine::Token next(std::span<float> row, SamplerScratch& scratch, engine::Constraint* constraint = nullptr);

 private:
  struct Adjustment {
    engine::Token token;
    float bias;
    std::uint32_t said;
  };
  void adjust(std::span<float> row, std::vector<float>& replaced) const;
  void put_back(std::span<float> row, const std::vector<float>& replaced) const;
  Adjustment& adjustment_of(engine::Token token);
  double measure(std::span<const float> row, SamplerScratch& scratch) const;
  engine::Token pick(std::span<const float> row, SamplerScratch& scratch);
  engine::Token pick_allowed(std::span<const float> row, SamplerScratch& scratch, engine::Constraint& constraint);
  engine::Token draw_from_all(std::span<const float> row, float top, SamplerScratch& scratch);
  engine::Token draw_from(std::vector<Candidate>& kept, float top);
  void select(std::span<const float> row, float top, SamplerScratch& scratch) const;
  float sharpness() const;
  double draw();  // [0, 1)
  wire::engine::Sampling settings_;
  std::vector<Adjustment> adjustments_;  // ascending by token, each once
  std::uint64_t state_ = 0;
};

}  // namespace gatehouse::adapters
