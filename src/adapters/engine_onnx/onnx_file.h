// adapters/engine_onnx/onnx_file.h — the graph of a file that ONNX Runtime may be given: read before the library that would believe it is.
// Rules    what wire/onnx refuses, and operators of nobody whom the library knows
// Threads  pure function. The file's bytes stay as long as the graph
// Errors   those of wire/onnx/graph.h
#pragma once
#include <string_view>

#include "gatehouse/wire/onnx/graph.h"

namespace gatehouse::adapters {

Result<wire::onnx::Graph> read_onnx_file(std::string_view bytes);

}  // namespace gatehouse::adapters
