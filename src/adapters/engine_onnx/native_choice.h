// adapters/engine_onnx/native_choice.h — whether a graph can be computed without ONNX Runtime.
// Rules    every operator is understood, a row is little work, and it answers as ONNX Runtime does on rows made to find a difference
//          (trees/probe_rows.h): the same labels, numbers within a millionth
// Threads  the one that computes
#pragma once
#include <functional>
#include <string>

#include "gatehouse/wire/engine/frames.h"
#include "gatehouse/wire/onnx/graph.h"

namespace gatehouse::adapters {

struct NativeChoice {
  std::string plan;   // as trees/codec.h writes it; empty: ONNX Runtime computes
  std::string words;  // for people: what was found, or why not; empty: it is no model of a table
};

using RunGraph = std::function<Result<wire::engine::Inferred>(const wire::engine::Infer& call)>;

NativeChoice choose_native(const wire::onnx::Graph& graph, const wire::engine::Signature& signature, const RunGraph& run);

}  // namespace gatehouse::adapters
