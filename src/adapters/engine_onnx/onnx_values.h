// adapters/engine_onnx/onnx_values.h — tensors of the protocol as values of the library, and back.
// Threads  the one that computes
// Errors   infer_failed; output_too_large where the outputs do not fit one answer
#pragma once
#include <cstddef>

#include "onnx_api.h"

namespace gatehouse::adapters {

// The tensor's bytes stand behind it for as long as it is used, but for BYTES, which are copied. Before: there is no fault in it.
Result<OnnxValue> onnx_value_of(const wire::Tensor& tensor, const OrtMemoryInfo& memory);
// room: what all outputs may still take; becomes less.
Result<wire::Tensor> tensor_of(const std::string& name, OrtValue& value, std::size_t& room);

// Of an input or output of a graph.
Result<wire::TensorSpec> spec_of(std::string name, const OrtTypeInfo& type);

}  // namespace gatehouse::adapters
