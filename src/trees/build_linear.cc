// Linear models, and what all classifiers have.
#include <limits>

#include "builder.h"

namespace gatehouse::trees {

using wire::onnx::Node;

Doubt read_transform(const Node& node, Transform& transform) {
  const std::string name = text_in(node, "post_transform", "NONE");
  if (name != "NONE" && name != "LOGISTIC" && name != "SOFTMAX") return "its post_transform is " + name;
  transform = name == "NONE" ? Transform::none : name == "LOGISTIC" ? Transform::logistic : Transform::softmax;
  return std::nullopt;
}

Doubt read_labels(Builder& builder, const Node& node, std::string_view ints, std::string_view texts, Labels& labels) {
  labels.ints = ints_in(node, ints);
  labels.texts = texts_in(node, texts);
  if (labels.ints.empty() == labels.texts.empty()) return "it has no labels, or two kinds of them";
  const std::optional<std::uint32_t> slot = builder.allocate(labels.ints.empty() ? Kind::texts : Kind::ints, 1);
  if (!slot) return "it has too many columns";
  labels.slot = *slot;
  return std::nullopt;
}

void define_answer(Builder& builder, const Node& node, const Labels& labels, std::uint32_t scores, std::size_t width) {
  builder.define(node, 0, {{labels.ints.empty() ? Kind::texts : Kind::ints, {labels.slot}}, {}});
  builder.define(node, 1, {{Kind::floats, slots_from(scores, width)}, {static_cast<std::uint32_t>(width)}});
}

Doubt linear_model(Builder& builder, const Node& node) {
  const Value* value = matrix_of(builder, node, {Kind::floats, Kind::ints});
  if (value == nullptr) return "its operand is no matrix of numbers";
  Linear step{value->columns, floats_in(node, "coefficients"), floats_in(node, "intercepts"), Transform::none, {}};
  if (const Doubt doubt = read_transform(node, step.transform)) return doubt;
  const std::size_t columns = value->columns.slots.size();
  if (step.coefficients.empty() || step.coefficients.size() % columns != 0) return "its coefficients are not one a column";
  const std::size_t width = step.coefficients.size() / columns;
  if (node.op == "LinearRegressor") {
    if (int_in(node, "targets", 1) != static_cast<std::int64_t>(width)) return "it has not as many targets as coefficients";
    if (step.intercepts.empty()) step.intercepts.resize(width);
    if (step.transform != Transform::none) return "it transforms a regression";
    if (step.intercepts.size() != width) return "it has not an intercept for each target";
    if (const Doubt doubt = builder.fill_matrix(node, width, step.to)) return doubt;
  } else {
    if (step.intercepts.size() != width) return "it has not an intercept for each class";
    if (const Doubt doubt = read_labels(builder, node, "classlabels_ints", "classlabels_strings", step.labels)) return doubt;
    if (width < 2 || step.labels.size() != width) return "it has not a score for each class";
    const std::optional<std::uint32_t> to = builder.allocate(Kind::floats, width);
    if (!to) return "it has too many columns";
    step.to = *to;
    define_answer(builder, node, step.labels, *to, width);
  }
  builder.add(std::move(step));
  return std::nullopt;
}

}  // namespace gatehouse::trees
