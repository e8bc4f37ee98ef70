// trees/builder.h — what the readers of single operators work on: the plan so far, and which slots the graph's values lie in.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/trees/build.h"

namespace gatehouse::trees {

// Why an operator is not understood; empty: it is.
using Doubt = std::optional<std::string>;

// A value of the graph: its columns, and its shape without the rows. A vector has an empty one.
struct Value {
  Columns columns;
  std::vector<std::uint32_t> extents;
};

class Builder {
 public:
  explicit Builder(const wire::onnx::Graph& graph) : graph_(graph) {}
  std::variant<Plan, NotUnderstood> build();

  // Of the operator in hand.
  const Value* input(const wire::onnx::Node& node, std::size_t index) const;
  const wire::onnx::Tensor* constant(const wire::onnx::Node& node, std::size_t index) const;
  void define(const wire::onnx::Node& node, std::size_t index, Value value);
  // Slots that a step will fill; the first one. nullopt: there are too many.
  std::optional<std::uint32_t> allocate(Kind kind, std::size_t count);
  // A matrix of numbers as wide as the input, which the step is about to fill.
  Doubt fill_matrix(const wire::onnx::Node& node, std::size_t width, std::uint32_t& to);
  void add(Step step) { plan_.steps.push_back(std::move(step)); }

 private:
  Doubt take_inputs();
  Doubt take_outputs();

  const wire::onnx::Graph& graph_;
  Plan plan_;
  std::map<std::string, Value, std::less<>> values_;
  std::map<std::string, const wire::onnx::Tensor*, std::less<>> constants_;
};

std::vector<std::uint32_t> slots_from(std::uint32_t first, std::size_t count);

// Attributes; otherwise, where the node has none of this name and type.
std::vector<float> floats_in(const wire::onnx::Node& node, std::string_view name);
std::vector<std::int64_t> ints_in(const wire::onnx::Node& node, std::string_view name);
std::vector<std::string> texts_in(const wire::onnx::Node& node, std::string_view name);
std::int64_t int_in(const wire::onnx::Node& node, std::string_view name, std::int64_t otherwise);
float float_in(const wire::onnx::Node& node, std::string_view name, float otherwise);
std::string text_in(const wire::onnx::Node& node, std::string_view name, std::string_view otherwise);

// The only operand of most: a matrix whose kind is one of these. Null: it is not.
const Value* matrix_of(const Builder& builder, const wire::onnx::Node& node, std::initializer_list<Kind> kinds);
Doubt read_transform(const wire::onnx::Node& node, Transform& transform);
// Labels by these attributes, and the slot of the one that is answered.
Doubt read_labels(Builder& builder, const wire::onnx::Node& node, std::string_view ints, std::string_view texts, Labels& labels);
// The two values of a classifier.
void define_answer(Builder& builder, const wire::onnx::Node& node, const Labels& labels, std::uint32_t scores, std::size_t width);

// Operators, by what they are about.
Doubt move_columns(Builder& builder,
                   const wire::onnx::Node& node);  // Identity, Cast, Concat, Reshape, Flatten, Gather, ArrayFeatureExtractor, ZipMap
Doubt prepare(Builder& builder, const wire::onnx::Node& node);       // Scaler, Imputer, Normalizer, OneHotEncoder, LabelEncoder, arithmetic
Doubt linear_model(Builder& builder, const wire::onnx::Node& node);  // LinearClassifier, LinearRegressor
Doubt tree_ensemble(Builder& builder, const wire::onnx::Node& node);  // TreeEnsembleClassifier, TreeEnsembleRegressor

}  // namespace gatehouse::trees
