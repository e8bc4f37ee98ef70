// trees/tensor_predictor.h — a plan that answers tensors, in place of the engine whose graph it is of.
// Rules    what it does not take is for the engine, which knows what is wrong with it: other inputs than the signature has, no rows, what
//          is no finite number
// Shapes   inputs [rows, columns]; outputs [rows] or [rows, columns], as the plan says
// Units    work: about a nanosecond of a core
// Threads  const from any thread
// Errors   trees_plan_invalid → engine (make, read); unknown_category, explanation_unavailable → caller
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/base/result.h"
#include "gatehouse/trees/predictor.h"
#include "gatehouse/wire/tensor/tensor.h"

namespace gatehouse::trees {

class TensorPredictor {
 public:
  // What the engine says that it takes and gives; of the plan's outputs these may be some.
  struct Signature {
    std::vector<wire::TensorSpec> inputs, outputs;
  };
  static Result<TensorPredictor> make(Plan plan, Signature signature);
  // Of bytes that nobody vouches for (codec.h): no more of them, and no more work a row, than a reactor may spend on a model.
  static constexpr std::size_t most_bytes = 8UL * 1024 * 1024;
  static constexpr std::uint64_t most_work = 50'000;
  static Result<TensorPredictor> read(std::string_view plan, Signature signature);

  const Predictor& predictor() const { return predictor_; }
  std::uint64_t work_a_row() const { return work_a_row_; }
  std::uint64_t work_to_explain_a_row() const { return work_to_explain_a_row_; }

  // How many rows there are in these inputs; nothing: they, or the outputs that are wanted, are for the engine.
  std::optional<std::size_t> rows_in(std::span<const wire::Tensor> inputs, std::span<const std::string> wanted) const;
  // In the order in which they are wanted; none: all. Before: rows_in() has found some.
  Result<std::vector<wire::Tensor>> predict(std::span<const wire::Tensor> inputs, std::span<const std::string> wanted) const;
  // One a row. Before: as above.
  Result<std::vector<Explanation>> explain(std::span<const wire::Tensor> inputs) const;

 private:
  TensorPredictor(Predictor predictor, Signature signature);
  std::optional<std::size_t> output_named(std::string_view name) const;

  Predictor predictor_;
  Signature signature_;
  std::uint64_t work_a_row_, work_to_explain_a_row_;
};

}  // namespace gatehouse::trees
