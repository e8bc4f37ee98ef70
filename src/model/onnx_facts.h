// model/onnx_facts.h — what a graph says of itself that a manifest may say, too.
// Threads  pure function
#pragma once
#include <string>
#include <vector>

#include "gatehouse/wire/onnx/graph.h"
#include "gatehouse/wire/tensor/tensor.h"

namespace gatehouse::model {

struct OnnxFacts {
  std::vector<wire::TensorSpec> inputs, outputs;
  std::vector<std::string> labels;  // of its classes, where they have names
  bool is_trees = false;            // decision trees are what it computes with
  std::vector<std::string> faults;  // why it cannot be served: inputs and outputs that are no tensors which can be sent
};
OnnxFacts onnx_facts(const wire::onnx::Graph& graph);

}  // namespace gatehouse::model
