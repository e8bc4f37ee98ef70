#include "gatehouse/trees/build.h"

#include <algorithm>
#include <array>
#include <numeric>

#include "builder.h"
#include "gatehouse/trees/codec.h"

namespace gatehouse::trees {
namespace {

using wire::onnx::DataType;
using wire::onnx::Node;
using wire::onnx::ValueKind;

struct OperatorReader {
  std::string_view domain, op;
  Doubt (*read)(Builder&, const Node&);
};
constexpr std::string_view ml = "ai.onnx.ml";
constexpr std::array readers{
    OperatorReader{"", "Identity", &move_columns},
    OperatorReader{"", "Cast", &move_columns},
    OperatorReader{"", "Concat", &move_columns},
    OperatorReader{"", "Reshape", &move_columns},
    OperatorReader{"", "Flatten", &move_columns},
    OperatorReader{"", "Gather", &move_columns},
    OperatorReader{ml, "ArrayFeatureExtractor", &move_columns},
    OperatorReader{ml, "ZipMap", &move_columns},
    OperatorReader{ml, "Scaler", &prepare},
    OperatorReader{ml, "Imputer", &prepare},
    OperatorReader{ml, "Normalizer", &prepare},
    OperatorReader{ml, "OneHotEncoder", &prepare},
    OperatorReader{ml, "LabelEncoder", &prepare},
    OperatorReader{"", "Add", &prepare},
    OperatorReader{"", "Sub", &prepare},
    OperatorReader{"", "Mul", &prepare},
    OperatorReader{"", "Div", &prepare},
    OperatorReader{ml, "LinearClassifier", &linear_model},
    OperatorReader{ml, "LinearRegressor", &linear_model},
    OperatorReader{ml, "TreeEnsembleClassifier", &tree_ensemble},
    OperatorReader{ml, "TreeEnsembleRegressor", &tree_ensemble},
};

std::optional<Kind> kind_of(DataType type) {
  if (type == DataType::f32) return Kind::floats;
  if (type == DataType::i64) return Kind::ints;
  if (type == DataType::text) return Kind::texts;
  return std::nullopt;
}

template <class T>
T value_in(const Node& node, std::string_view name, T otherwise) {
  const wire::onnx::AttributeValue* value = node.find(name);
  if (value == nullptr || !std::holds_alternative<T>(*value)) return otherwise;
  return std::get<T>(*value);
}

}  // namespace

std::vector<std::uint32_t> slots_from(std::uint32_t first, std::size_t count) {
  std::vector<std::uint32_t> slots(count);
  std::iota(slots.begin(), slots.end(), first);
  return slots;
}

std::vector<float> floats_in(const Node& node, std::string_view name) { return value_in(node, name, std::vector<float>()); }
std::vector<std::int64_t> ints_in(const Node& node, std::string_view name) { return value_in(node, name, std::vector<std::int64_t>()); }
std::vector<std::string> texts_in(const Node& node, std::string_view name) { return value_in(node, name, std::vector<std::string>()); }
std::int64_t int_in(const Node& node, std::string_view name, std::int64_t otherwise) { return value_in(node, name, otherwise); }
float float_in(const Node& node, std::string_view name, float otherwise) { return value_in(node, name, otherwise); }
std::string text_in(const Node& node, std::string_view name, std::string_view otherwise) {
  return value_in(node, name, std::string(otherwise));
}

const Value* Builder::input(const Node& node, std::size_t index) const {
  if (index >= node.inputs.size()) return nullptr;
  const auto found = values_.find(node.inputs[index]);
  return found == values_.end() ? nullptr : &found->second;
}

const wire::onnx::Tensor* Builder::constant(const Node& node, std::size_t index) const {
  if (index >= node.inputs.size()) return nullptr;
  const auto found = constants_.find(node.inputs[index]);
  return found == constants_.end() ? nullptr : found->second;
}

void Builder::define(const Node& node, std::size_t index, Value value) {
  if (index < node.outputs.size() && !node.outputs[index].empty()) values_.insert_or_assign(node.outputs[index], std::move(value));
}

std::optional<std::uint32_t> Builder::allocate(Kind kind, std::size_t count) {
  std::uint32_t& slots = kind == Kind::floats ? plan_.floats : kind == Kind::ints ? plan_.ints : plan_.texts;
  if (count > most_slots - slots) return std::nullopt;
  const std::uint32_t first = slots;
  slots += static_cast<std::uint32_t>(count);
  return first;
}

Doubt Builder::fill_matrix(const Node& node, std::size_t width, std::uint32_t& to) {
  const std::optional<std::uint32_t> first = allocate(Kind::floats, width);
  if (!first) return "it has too many columns";
  to = *first;
  define(node, 0, {{Kind::floats, slots_from(to, width)}, {static_cast<std::uint32_t>(width)}});
  return std::nullopt;
}

Doubt Builder::take_inputs() {
  for (const wire::onnx::ValueInfo& given : graph_.inputs) {
    const std::optional<Kind> kind = given.kind == ValueKind::tensor ? kind_of(given.type) : std::nullopt;
    if (!kind) return "the input " + given.name + " is neither FP32 nor INT64 nor BYTES";
    if (!given.shape || given.shape->size() != 2 || given.shape->at(1) <= 0 || given.shape->at(1) > most_slots) {
      return "the input " + given.name + " is not rows of a fixed number of columns";
    }
    const auto columns = static_cast<std::uint32_t>(given.shape->at(1));
    const std::optional<std::uint32_t> first = allocate(*kind, columns);
    if (!first) return "the inputs have too many columns";
    plan_.inputs.push_back({given.name, *kind, columns});
    if (!values_.emplace(given.name, Value{{*kind, slots_from(*first, columns)}, {columns}}).second) return "two inputs have one name";
  }
  return std::nullopt;
}

Doubt Builder::take_outputs() {
  for (const wire::onnx::ValueInfo& wanted : graph_.outputs) {
    const auto found = values_.find(wanted.name);
    if (found == values_.end()) return "the output " + wanted.name + " is not computed from a row";
    if (found->second.extents.size() > 1) return "the output " + wanted.name + " is no table";
    plan_.outputs.push_back({wanted.name, found->second.columns, found->second.extents.empty() ? Form::vector : Form::matrix});
  }
  return std::nullopt;
}

std::variant<Plan, NotUnderstood> Builder::build() {
  for (const wire::onnx::Tensor& one : graph_.initializers) constants_.emplace(one.name, &one);
  if (const Doubt doubt = take_inputs()) return NotUnderstood{"", *doubt};
  for (const Node& node : graph_.nodes) {
    const auto* reader =
        std::ranges::find_if(readers, [&node](const OperatorReader& one) { return one.op == node.op && one.domain == node.domain; });
    if (reader == readers.end()) return NotUnderstood{node.op, "it is none of the operators that are computed natively"};
    if (const Doubt doubt = reader->read(*this, node)) return NotUnderstood{node.op, *doubt};
  }
  if (const Doubt doubt = take_outputs()) return NotUnderstood{"", *doubt};
  if (const Status checked = check_plan(plan_); !checked) return NotUnderstood{"", checked.error().detail()};
  return std::move(plan_);
}

std::variant<Plan, NotUnderstood> plan_of(const wire::onnx::Graph& graph) { return Builder(graph).build(); }

}  // namespace gatehouse::trees
