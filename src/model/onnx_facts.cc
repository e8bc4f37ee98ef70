#include "onnx_facts.h"

#include <optional>
#include <string_view>
#include <variant>

namespace gatehouse::model {
namespace {

namespace onnx = wire::onnx;

std::string in_words(onnx::ValueKind kind) {
  switch (kind) {
    case onnx::ValueKind::sequence:
      return "a sequence (of scikit-learn's classifiers, export with the option zipmap set to False)";
    case onnx::ValueKind::map:
      return "a map (of scikit-learn's classifiers, export with the option zipmap set to False)";
    case onnx::ValueKind::optional:
      return "optional";
    default:
      return "of no kind that can be sent";
  }
}

std::vector<wire::TensorSpec> specs_of(const std::vector<onnx::ValueInfo>& values, std::string_view side,
                                       std::vector<std::string>& faults) {
  std::vector<wire::TensorSpec> specs;
  for (const onnx::ValueInfo& value : values) {
    const std::string what = "the " + std::string(side) + " '" + value.name + "' of the graph ";
    const std::optional<wire::Datatype> datatype = wire::datatype_named(onnx::protocol_name(value.type));
    if (value.kind != onnx::ValueKind::tensor) {
      faults.push_back(what + "is " + in_words(value.kind));
    } else if (!datatype) {
      faults.push_back(what + "is of a type that cannot be sent");
    } else if (!value.shape) {
      faults.push_back(what + "has no shape: export it with one, where any extent may be left open");
    } else {
      wire::TensorSpec& spec = specs.emplace_back();
      spec.name = value.name;
      spec.datatype = *datatype;
      spec.shape = *value.shape;
    }
  }
  return specs;
}

std::vector<std::string> labels_of(const onnx::Graph& graph) {
  for (const onnx::Node& node : graph.nodes) {
    for (const std::string_view name : {"classlabels_strings", "classlabels"}) {
      const onnx::AttributeValue* const value = node.find(name);
      const auto* const labels = value == nullptr ? nullptr : std::get_if<std::vector<std::string>>(value);
      if (labels != nullptr && !labels->empty()) return *labels;
    }
  }
  return {};
}

}  // namespace

OnnxFacts onnx_facts(const onnx::Graph& graph) {
  OnnxFacts facts;
  facts.inputs = specs_of(graph.inputs, "input", facts.faults);
  facts.outputs = specs_of(graph.outputs, "output", facts.faults);
  facts.labels = labels_of(graph);
  for (const onnx::Node& node : graph.nodes) facts.is_trees = facts.is_trees || node.op.starts_with("TreeEnsemble");
  if (graph.inputs.empty()) facts.faults.push_back("the graph takes nothing");
  if (graph.outputs.empty()) facts.faults.push_back("the graph gives nothing");
  return facts;
}

}  // namespace gatehouse::model
