// nlu/batches.h — which rows are computed together: those of like length, because what a short row is padded with costs as much as text.
// Units    lengths in tokens
// Threads  pure function
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace gatehouse::nlu {

// Of one row: a text, and the prompt beside it where there is one.
struct RowShape {
  std::uint32_t text = 0, prompt = 0;
};
struct BatchRule {
  std::size_t rows = 16;   // at most
  double padding = 0.125;  // at most, as a part of what is computed
};

// The rows by their number, each in one batch; rows of a batch stand from long to short.
std::vector<std::vector<std::size_t>> batches_by_length(std::span<const RowShape> rows, BatchRule rule = {});

}  // namespace gatehouse::nlu
