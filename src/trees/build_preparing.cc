// Operators that prepare columns for a model.
#include <algorithm>
#include <set>

#include "builder.h"

namespace gatehouse::trees {
namespace {

using wire::onnx::Node;

// One value for all columns, or one a column.
Doubt widen(std::vector<float>& values, std::size_t width) {
  if (values.size() == 1) values.resize(width, values.front());
  if (values.size() != width) return "it has not a value for each column";
  return std::nullopt;
}

template <class T>
bool any_twice(const std::vector<T>& values) {
  return std::set<T>(values.begin(), values.end()).size() != values.size();
}

Doubt scaler(Builder& builder, const Node& node, const Value& value) {
  Scale step{value.columns, floats_in(node, "offset"), floats_in(node, "scale")};
  const std::size_t width = value.columns.slots.size();
  for (std::vector<float>* values : {&step.offsets, &step.factors}) {
    if (const Doubt doubt = widen(*values, width)) return doubt;
  }
  if (const Doubt doubt = builder.fill_matrix(node, width, step.to)) return doubt;
  builder.add(std::move(step));
  return std::nullopt;
}

Doubt imputer(Builder& builder, const Node& node, const Value& value) {
  if (value.columns.kind != Kind::floats) return "it fills in other values than FP32";
  Impute step{value.columns, float_in(node, "replaced_value_float", 0), floats_in(node, "imputed_value_floats")};
  const std::size_t width = value.columns.slots.size();
  if (const Doubt doubt = widen(step.values, width)) return doubt;
  if (const Doubt doubt = builder.fill_matrix(node, width, step.to)) return doubt;
  builder.add(std::move(step));
  return std::nullopt;
}

Doubt normalizer(Builder& builder, const Node& node, const Value& value) {
  if (value.columns.kind != Kind::floats) return "it is for other values than FP32";
  const std::string name = text_in(node, "norm", "MAX");
  if (name != "MAX" && name != "L1" && name != "L2") return "its norm is unknown";
  Normalise step{value.columns, name == "MAX" ? Norm::max : name == "L1" ? Norm::l1 : Norm::l2};
  if (const Doubt doubt = builder.fill_matrix(node, value.columns.slots.size(), step.to)) return doubt;
  builder.add(std::move(step));
  return std::nullopt;
}

Doubt one_hot(Builder& builder, const Node& node) {
  const Value* value = builder.input(node, 0);
  if (value == nullptr) return "its operand is not of a row";
  OneHot step{value->columns, ints_in(node, "cats_int64s"), texts_in(node, "cats_strings")};
  step.strangers = int_in(node, "zeros", 1) != 0 ? Strangers::are_zeros : Strangers::are_refused;
  const bool of_texts = value->columns.kind == Kind::texts;
  if ((of_texts ? step.texts.empty() : step.ints.empty()) || step.texts.empty() == step.ints.empty())
    return "its categories are not of its operand's kind";
  if (any_twice(step.ints) || any_twice(step.texts)) return "a category stands there twice";
  const std::size_t categories = step.ints.size() + step.texts.size(), width = value->columns.slots.size() * categories;
  const std::optional<std::uint32_t> to = builder.allocate(Kind::floats, width);
  if (!to) return "it has too many columns";
  step.to = *to;
  Value coded{{Kind::floats, slots_from(*to, width)}, value->extents};
  coded.extents.push_back(static_cast<std::uint32_t>(categories));
  builder.define(node, 0, std::move(coded));
  builder.add(std::move(step));
  return std::nullopt;
}

Doubt label_encoder(Builder& builder, const Node& node) {
  const Value* value = builder.input(node, 0);
  if (value == nullptr) return "its operand is not of a row";
  Lookup step{value->columns, ints_in(node, "keys_int64s"), texts_in(node, "keys_strings"), floats_in(node, "values_floats"),
              ints_in(node, "values_int64s")};
  step.float_otherwise = float_in(node, "default_float", -0.0F);
  step.int_otherwise = int_in(node, "default_int64", -1);
  const std::size_t keys = value->columns.kind == Kind::texts ? step.text_keys.size() : step.int_keys.size();
  const bool one_kind = step.text_keys.empty() != step.int_keys.empty() && step.float_values.empty() != step.int_values.empty();
  if (value->columns.kind == Kind::floats || keys == 0 || !one_kind || keys != step.float_values.size() + step.int_values.size()) {
    return "its keys and values are not whole numbers, words or FP32";
  }
  if (any_twice(step.int_keys) || any_twice(step.text_keys)) return "a key stands there twice";
  const Kind kind = step.int_values.empty() ? Kind::floats : Kind::ints;
  const std::size_t width = value->columns.slots.size();
  const std::optional<std::uint32_t> to = builder.allocate(kind, width);
  if (!to) return "it has too many columns";
  step.to = *to;
  builder.define(node, 0, {{kind, slots_from(*to, width)}, value->extents});
  builder.add(std::move(step));
  return std::nullopt;
}

Doubt arithmetic(Builder& builder, const Node& node) {
  const Sign sign = node.op == "Add" ? Sign::add : node.op == "Sub" ? Sign::subtract : node.op == "Mul" ? Sign::multiply : Sign::divide;
  const bool commutes = sign == Sign::add || sign == Sign::multiply;
  const std::size_t row = commutes && builder.input(node, 0) == nullptr ? 1 : 0;
  const Value* value = builder.input(node, row);
  const wire::onnx::Tensor* constant = builder.constant(node, 1 - row);
  std::optional<std::vector<float>> operands = constant == nullptr ? std::nullopt : wire::onnx::floats_of(*constant);
  if (value == nullptr || value->extents.size() != 1 || value->columns.kind != Kind::floats || !operands) {
    return "its operands are not FP32 columns and a fixed row";
  }
  if (constant->shape.size() > 2 || (constant->shape.size() == 2 && constant->shape.front() != 1)) return "its fixed operand is no row";
  Arithmetic step{value->columns, sign, std::move(*operands)};
  if (const Doubt doubt = widen(step.operands, value->columns.slots.size())) return doubt;
  if (const Doubt doubt = builder.fill_matrix(node, value->columns.slots.size(), step.to)) return doubt;
  builder.add(std::move(step));
  return std::nullopt;
}

}  // namespace

const Value* matrix_of(const Builder& builder, const Node& node, std::initializer_list<Kind> kinds) {
  const Value* value = builder.input(node, 0);
  if (value == nullptr || value->extents.size() != 1) return nullptr;
  return std::ranges::find(kinds, value->columns.kind) == kinds.end() ? nullptr : value;
}

Doubt prepare(Builder& builder, const Node& node) {
  if (node.op == "OneHotEncoder") return one_hot(builder, node);
  if (node.op == "LabelEncoder") return label_encoder(builder, node);
  if (node.domain.empty()) return arithmetic(builder, node);
  const Value* value = matrix_of(builder, node, {Kind::floats, Kind::ints});
  if (value == nullptr) return "its operand is no matrix of numbers";
  if (node.op == "Scaler") return scaler(builder, node, *value);
  return node.op == "Imputer" ? imputer(builder, node, *value) : normalizer(builder, node, *value);
}

}  // namespace gatehouse::trees
