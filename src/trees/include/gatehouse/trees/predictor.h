// trees/predictor.h — a plan that computes: rows in, labels and scores out; and what each feature did for them.
// Rules    sums are float, in the order of the trees, as ONNX Runtime makes them for a row
// Shapes   row-major; Values and Answer have as many values as rows · columns, of the kind that the plan says
// Threads  const from any thread, each with a Workspace of its own
// Errors   trees_plan_invalid → engine (make); unknown_category → caller; explanation_unavailable → caller
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/base/result.h"
#include "gatehouse/trees/plan.h"

namespace gatehouse::trees {

// Of one input: exactly the span of its kind is used.
struct Values {
  std::span<const float> floats;
  std::span<const std::int64_t> ints;
  std::span<const std::string_view> texts;
};
// Of one output; texts are the plan's, or the caller's.
struct Answer {
  std::vector<float> floats;
  std::vector<std::int64_t> ints;
  std::vector<std::string_view> texts;
};
// Kept between calls, so that they allocate nothing.
struct Workspace {
  std::vector<Answer> answers;  // one an output of the plan
  std::vector<float> floats, gathered, sums;
  std::vector<std::int64_t> ints;
  std::vector<std::string_view> texts;
};

// What stands where, for those who know nothing of graphs.
struct Roles {
  std::optional<std::size_t> label, scores;  // which output; scores: probabilities of a classifier, values of a regression
  std::vector<std::int64_t> int_labels;      // of a classifier, in the order of the scores
  std::vector<std::string> text_labels;
};

// Of a row: base + the sum of a class's contributions is its score.
struct Explanation {
  enum class Of : std::uint8_t { scores, margins };  // margins: what the scores are computed from (boosting), as the package shap explains
  Of of = Of::scores;
  std::vector<double> base_values;                 // one a class or target
  std::vector<std::vector<double>> contributions;  // a row a class, a column a feature: the columns of all inputs, in order
};

class Predictor {
 public:
  static Result<Predictor> make(Plan plan);
  Predictor(Predictor&&) noexcept;
  Predictor& operator=(Predictor&&) noexcept;
  ~Predictor();

  const Plan& plan() const;
  const Roles& roles() const;
  std::size_t features() const;  // columns of all inputs

  // Before: inputs are as many as the plan's, each with rows · columns values. After: workspace.answers.
  Status predict(std::span<const Values> inputs, std::size_t rows, Workspace& workspace) const;
  // Empty: it can be explained; else why not, as a sentence.
  std::string_view unexplained() const;
  // Of one row.
  Result<Explanation> explain(std::span<const Values> inputs, Workspace& workspace) const;

 private:
  struct Compiled;
  explicit Predictor(std::unique_ptr<const Compiled> compiled);
  std::unique_ptr<const Compiled> compiled_;
};

}  // namespace gatehouse::trees
