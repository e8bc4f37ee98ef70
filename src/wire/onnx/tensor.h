// wire/onnx/tensor.h — one tensor of the file.
#pragma once
#include "gatehouse/wire/onnx/graph.h"
#include "onnx/proto.h"

namespace gatehouse::wire::onnx {

inline constexpr std::size_t most_dimensions = 32;
inline constexpr std::uint64_t most_elements = std::uint64_t{1} << 40U;

// After: what the tensor holds is as much as its shape says.
Result<Tensor> parse_tensor(std::string_view message);

}  // namespace gatehouse::wire::onnx
