// Operators that only move columns: they leave no step in the plan.
#include <numeric>

#include "builder.h"

namespace gatehouse::trees {
namespace {

using wire::onnx::Node;

Doubt cast(Builder& builder, const Node& node, const Value& value) {
  const auto type = static_cast<wire::onnx::DataType>(int_in(node, "to", 0));
  const bool to_floats = type == wire::onnx::DataType::f32, to_ints = type == wire::onnx::DataType::i64;
  const bool to_texts = type == wire::onnx::DataType::text;
  const Kind from = value.columns.kind;
  if ((from == Kind::floats && to_floats) || (from == Kind::ints && to_ints) || (from == Kind::texts && to_texts)) {
    builder.define(node, 0, value);
    return std::nullopt;
  }
  if (from == Kind::texts || (!to_floats && !to_ints)) return "it casts from words or to another type than FP32 and INT64";
  const Kind kind = to_floats ? Kind::floats : Kind::ints;
  const std::size_t width = value.columns.slots.size();
  const std::optional<std::uint32_t> to = builder.allocate(kind, width);
  if (!to) return "it has too many columns";
  builder.add(Convert{value.columns, kind, *to});
  builder.define(node, 0, {{kind, slots_from(*to, width)}, value.extents});
  return std::nullopt;
}

Doubt concat(Builder& builder, const Node& node) {
  Value joined;
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    const Value* part = builder.input(node, i);
    if (part == nullptr) return "it joins what is not of a row";
    const auto rank = static_cast<std::int64_t>(part->extents.size()) + 1;
    const std::int64_t said = int_in(node, "axis", 0), axis = said < 0 ? said + rank : said;
    if (axis < 1 || axis >= rank) return "it does not join columns";
    const auto place = part->extents.begin() + (axis - 1);
    if (std::accumulate(part->extents.begin(), place, std::uint64_t{1}, std::multiplies<>()) != 1) return "it joins parts of columns";
    if (i == 0) {
      joined = *part;
      continue;
    }
    if (part->columns.kind != joined.columns.kind || part->extents.size() != joined.extents.size()) return "it joins what is not alike";
    joined.columns.slots.insert(joined.columns.slots.end(), part->columns.slots.begin(), part->columns.slots.end());
    joined.extents[static_cast<std::size_t>(axis - 1)] += *place;
  }
  builder.define(node, 0, std::move(joined));
  return std::nullopt;
}

Doubt reshape(Builder& builder, const Node& node, Value value) {
  const auto width = static_cast<std::int64_t>(value.columns.slots.size());
  const wire::onnx::Tensor* shape = builder.constant(node, 1);
  const auto wanted = shape == nullptr ? std::nullopt : wire::onnx::ints_of(*shape);
  if (!wanted) return "its shape is not fixed";
  const bool whole_rows = !wanted->empty() && (wanted->front() == -1 || (wanted->front() == 0 && int_in(node, "allowzero", 0) == 0));
  if (wanted->size() == 2 && whole_rows && (wanted->back() == width || (wanted->back() == -1 && wanted->front() == 0))) {
    value.extents = {static_cast<std::uint32_t>(width)};
  } else if (wanted->size() == 1 && wanted->front() == -1 && width == 1) {
    value.extents.clear();
  } else {
    return "it makes other rows";
  }
  builder.define(node, 0, std::move(value));
  return std::nullopt;
}

Doubt pick(Builder& builder, const Node& node, const Value& value, bool keeps_rank) {
  const wire::onnx::Tensor* which = builder.constant(node, 1);
  const auto indices = which == nullptr ? std::nullopt : wire::onnx::ints_of(*which);
  if (!indices || value.extents.size() != 1 || which->shape.size() > (keeps_rank ? 2U : 1U)) return "it picks no fixed columns";
  if (which->shape.size() == 2 && which->shape.front() != 1) return "it picks no fixed columns";
  const auto width = static_cast<std::int64_t>(value.columns.slots.size());
  Value picked;
  picked.columns.kind = value.columns.kind;
  for (std::int64_t index : *indices) {
    if (index < 0 && !keeps_rank) index += width;
    if (index < 0 || index >= width) return "it picks a column that is not there";
    picked.columns.slots.push_back(value.columns.slots[static_cast<std::size_t>(index)]);
  }
  if (picked.columns.slots.empty()) return "it picks nothing";
  if (keeps_rank || which->shape.size() == 1) picked.extents = {static_cast<std::uint32_t>(picked.columns.slots.size())};
  builder.define(node, 0, std::move(picked));
  return std::nullopt;
}

}  // namespace

Doubt move_columns(Builder& builder, const Node& node) {
  if (node.op == "Concat") return concat(builder, node);
  const Value* value = builder.input(node, 0);
  if (value == nullptr) return "its operand is not of a row";
  if (node.op == "Cast") return cast(builder, node, *value);
  if (node.op == "Reshape") return reshape(builder, node, *value);
  if (node.op == "ArrayFeatureExtractor") return pick(builder, node, *value, true);
  if (node.op == "Gather") {
    if (int_in(node, "axis", 0) != 1) return "it picks rows";
    return pick(builder, node, *value, false);
  }
  Value moved = *value;
  if (node.op == "Flatten") {
    if (int_in(node, "axis", 1) != 1) return "it makes other rows";
    moved.extents = {static_cast<std::uint32_t>(moved.columns.slots.size())};
  }
  if (node.op == "ZipMap" && (moved.columns.kind != Kind::floats || moved.extents.size() != 1)) return "it names what are no scores";
  builder.define(node, 0, std::move(moved));
  return std::nullopt;
}

}  // namespace gatehouse::trees
