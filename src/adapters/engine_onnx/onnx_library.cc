#include <dlfcn.h>

#include <array>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "gatehouse/adapters/onnx_model.h"
#include "gatehouse/base/assert.h"
#include "gatehouse/telemetry/log.h"
#include "onnx_api.h"

namespace gatehouse::adapters {
namespace {

// Found by the run path that the program is linked with: where the pinned wheel was unpacked.
constexpr const char* pinned_library = "libonnxruntime.so.1.29.0";

const OrtApi* the_api = nullptr;
OrtEnv* the_environment = nullptr;  // never released: it ends with the process

Error runtime_missing(std::string what) {
  return operator_error("onnx_runtime_missing", "ONNX Runtime cannot be used: " + std::move(what) +
                                                    "; ./run build fetches it, engine.onnx.library names another file");
}

void ORT_API_CALL log_onnx_line(void*, OrtLoggingLevel severity, const char*, const char*, const char*, const char* message) {
  if (severity >= ORT_LOGGING_LEVEL_ERROR) return telemetry::log::error("onnx", message);
  telemetry::log::warn("onnx", message);
}

Status open_library(const std::string& library) {
  const char* file = library.empty() ? pinned_library : library.c_str();
  void* opened = dlopen(file, RTLD_NOW | RTLD_LOCAL);
  if (opened == nullptr) {
    const char* why = dlerror();
    return runtime_missing(why != nullptr ? why : file);
  }
  const auto base = reinterpret_cast<decltype(&OrtGetApiBase)>(dlsym(opened, "OrtGetApiBase"));
  if (base == nullptr) return runtime_missing(std::string(file) + " is not ONNX Runtime");
  the_api = base()->GetApi(ORT_API_VERSION);
  if (the_api == nullptr) {
    return runtime_missing(std::string(file) + " is version " + base()->GetVersionString() + ", and 1.29 or later is needed");
  }
  GH_CHECK(onnx_status(the_api->CreateEnvWithCustomLogger(log_onnx_line, nullptr, ORT_LOGGING_LEVEL_WARNING, "gatehouse", &the_environment),
                       "onnx_runtime_missing"));
  return onnx_status(the_api->DisableTelemetryEvents(the_environment), "onnx_runtime_missing");
}

struct Pair {
  wire::Datatype ours;
  ONNXTensorElementDataType theirs;
};
constexpr std::array pairs{
    Pair{wire::Datatype::boolean, ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL},  Pair{wire::Datatype::uint8, ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8},
    Pair{wire::Datatype::uint16, ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT16}, Pair{wire::Datatype::uint32, ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT32},
    Pair{wire::Datatype::uint64, ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT64}, Pair{wire::Datatype::int8, ONNX_TENSOR_ELEMENT_DATA_TYPE_INT8},
    Pair{wire::Datatype::int16, ONNX_TENSOR_ELEMENT_DATA_TYPE_INT16},   Pair{wire::Datatype::int32, ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32},
    Pair{wire::Datatype::int64, ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64},   Pair{wire::Datatype::fp16, ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16},
    Pair{wire::Datatype::fp32, ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT},    Pair{wire::Datatype::fp64, ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE},
    Pair{wire::Datatype::bytes, ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING},  Pair{wire::Datatype::bf16, ONNX_TENSOR_ELEMENT_DATA_TYPE_BFLOAT16}};
static_assert(pairs.size() == wire::datatypes);

}  // namespace

Status load_onnx_runtime(const std::string& library) {
  static std::once_flag once;
  static Status loaded = ok();
  std::call_once(once, [&] { loaded = open_library(library); });
  return loaded;
}

const OrtApi& onnx_api() {
  GH_ASSERT(the_api != nullptr);
  return *the_api;
}

const OrtEnv& onnx_environment() {
  GH_ASSERT(the_environment != nullptr);
  return *the_environment;
}

Status onnx_status(OrtStatus* status, std::string_view reason) {
  if (status == nullptr) return ok();
  Error error = operator_error(reason, the_api->GetErrorMessage(status));
  the_api->ReleaseStatus(status);
  return error;
}

std::optional<wire::Datatype> datatype_of(ONNXTensorElementDataType type) {
  for (const Pair& pair : pairs) {
    if (pair.theirs == type) return pair.ours;
  }
  return std::nullopt;
}

ONNXTensorElementDataType onnx_type_of(wire::Datatype type) { return pairs[static_cast<std::size_t>(type)].theirs; }

}  // namespace gatehouse::adapters
