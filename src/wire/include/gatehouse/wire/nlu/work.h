// wire/nlu/work.h — what a model that answers schemas is asked to compute, as tensors that cross to its engine, and what comes back.
// Shapes   owner UINT64 [1]; rows UINT32 [R, 3]: kind, first position, tokens; ids UINT32 [tokens of all rows]; pairs UINT32 [P, 2];
//          batches UINT32 [B]. Back: head and tail FP32, pair after pair as many as its text has tokens
// Rules    what is asked is whole in itself: an engine may remember what it made of a row, and need not
// Threads  value types, pure functions
// Errors   invalid_tensor, origin caller; output_unexpected, origin engine
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "gatehouse/base/result.h"
#include "gatehouse/wire/engine/frames.h"

namespace gatehouse::wire {

// A text (kind 0) or a prompt (kind 1) by itself.
struct NluRow {
  std::uint32_t kind = 0, first_position = 0;
  std::vector<std::uint32_t> ids;  // at least one
  friend bool operator==(const NluRow&, const NluRow&) = default;
};

// A text with a prompt, by their rows.
struct NluPair {
  std::uint32_t text = 0, prompt = 0;
  friend bool operator==(const NluPair&, const NluPair&) = default;
};

struct NluWork {
  std::uint64_t owner = 0;  // a number that means nothing to the engine: what it remembers is for this one alone
  std::vector<NluRow> rows;
  std::vector<NluPair> pairs;
  std::vector<std::uint32_t> batches;  // how many of the pairs are computed together, one batch after the other
  friend bool operator==(const NluWork&, const NluWork&) = default;
};

engine::Infer call_of(const NluWork& work);
Result<NluWork> work_of(const engine::Infer& call);

// What such a model says of itself.
engine::Signature nlu_signature();

// Of each pair, one number a token of its text.
struct NluLogits {
  std::vector<float> head, tail;
  friend bool operator==(const NluLogits&, const NluLogits&) = default;
};
engine::Inferred answer_of(std::span<const NluLogits> logits);
// sizes: of the texts, pair by pair.
Result<std::vector<NluLogits>> logits_of(const engine::Inferred& answer, std::span<const std::size_t> sizes);

}  // namespace gatehouse::wire
