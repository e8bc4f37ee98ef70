// adapters/engine_onnx/model_guard.h — what an ONNX file may not hold, looked for before the library that would believe it sees the file.
// Rules    nothing outside the file: no external data, wherever a tensor can stand; no sparse tensors, no training graphs; extents that
//          multiply to what the tensor's bytes are; nesting at most 32 deep
// Threads  pure function
// Errors   model_file_unusable, origin operator
// Source   onnx.proto3 (IR version 11), protobuf's encoding
#pragma once
#include <string_view>

#include "gatehouse/base/result.h"

namespace gatehouse::adapters {

Status check_onnx_file(std::string_view bytes);

}  // namespace gatehouse::adapters
