// adapters/engine_onnx/onnx_api.h — ONNX Runtime's C interface as the library that was opened has it, and owners of what it makes.
// Threads  api() is constant once load_onnx_runtime() has returned
#pragma once
#include <onnxruntime_c_api.h>

#include <memory>
#include <string>

#include "gatehouse/base/result.h"
#include "gatehouse/wire/tensor/tensor.h"

namespace gatehouse::adapters {

// Before: load_onnx_runtime() was well.
const OrtApi& onnx_api();
const OrtEnv& onnx_environment();

// What a call of it said, taken over; nothing where it was well.
Status onnx_status(OrtStatus* status, std::string_view reason);

// Releases by the function of the C interface with that name.
template <class T, void (*OrtApi::*release)(T*)>
struct OnnxRelease {
  void operator()(T* one) const { (onnx_api().*release)(one); }
};
template <class T, void (*OrtApi::*release)(T*)>
using OnnxOwner = std::unique_ptr<T, OnnxRelease<T, release>>;

using OnnxSession = OnnxOwner<OrtSession, &OrtApi::ReleaseSession>;
using OnnxSessionOptions = OnnxOwner<OrtSessionOptions, &OrtApi::ReleaseSessionOptions>;
using OnnxRunOptions = OnnxOwner<OrtRunOptions, &OrtApi::ReleaseRunOptions>;
using OnnxValue = OnnxOwner<OrtValue, &OrtApi::ReleaseValue>;
using OnnxTypeInfo = OnnxOwner<OrtTypeInfo, &OrtApi::ReleaseTypeInfo>;
using OnnxShapeInfo = OnnxOwner<OrtTensorTypeAndShapeInfo, &OrtApi::ReleaseTensorTypeAndShapeInfo>;
using OnnxMemoryInfo = OnnxOwner<OrtMemoryInfo, &OrtApi::ReleaseMemoryInfo>;

// Nothing where the protocol has no such type.
std::optional<wire::Datatype> datatype_of(ONNXTensorElementDataType type);
ONNXTensorElementDataType onnx_type_of(wire::Datatype type);

}  // namespace gatehouse::adapters
