#include <dlfcn.h>
#include <ggml-backend.h>
#include <llama.h>

#include <mutex>
#include <string>
#include <string_view>

#include "gatehouse/adapters/llama_model.h"
#include "gatehouse/telemetry/log.h"
#include "llama_handles.h"

namespace gatehouse::adapters {
namespace {

constexpr std::string_view expected_version = "0.5.0-dev";  // how the pinned build of 0.5.0 names itself

// Its C++ parts have no stable ABI: another version would not fail to link, it would go wrong.
Status check_version() {
  const std::string_view found = llama_version();
  if (found == expected_version) return ok();
  return operator_error("cpu_backend_missing",
                        "libllama " + std::string(found) + " was found, " + std::string(expected_version) + " is needed");
}

void log_line(ggml_log_level level, const char* text, void*) {
  if (level != GGML_LOG_LEVEL_WARN && level != GGML_LOG_LEVEL_ERROR) return;
  std::string_view line = text;
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
  if (line.empty()) return;
  if (level == GGML_LOG_LEVEL_ERROR) return telemetry::log::error("llama", line);
  telemetry::log::warn("llama", line);
}

Status load_once(const std::filesystem::path& directory) {
  llama_log_set(log_line, nullptr);
  GH_CHECK(check_version());
  ggml_backend_load_all_from_path(directory.c_str());
  if (ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU) == nullptr)
    return operator_error("cpu_backend_missing", "no CPU kernels of llama.cpp that fit this machine are in " + directory.string());
  llama_backend_init();
  return ok();
}

}  // namespace

std::filesystem::path library_directory() {
  // Of a text inside the library, not of a function: a function's address may be the program's own jump table.
  Dl_info info{};
  if (dladdr(llama_version(), &info) == 0 || info.dli_fname == nullptr) return {};
  std::error_code ignored;
  const auto resolved = std::filesystem::weakly_canonical(info.dli_fname, ignored);
  return ignored ? std::filesystem::path(info.dli_fname).parent_path() : resolved.parent_path();
}

Status load_cpu_backends(const std::filesystem::path& library_directory) {
  static std::once_flag once;
  static Status loaded = ok();
  std::call_once(once, [&] { loaded = load_once(library_directory); });
  return loaded;
}

ComputeThreads::ComputeThreads(int threads) {
  ggml_backend_dev_t device = ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU);
  ggml_backend_reg_t kernels = device == nullptr ? nullptr : ggml_backend_dev_backend_reg(device);
  if (kernels == nullptr) return;
  const auto make = reinterpret_cast<decltype(&ggml_threadpool_new)>(ggml_backend_reg_get_proc_address(kernels, "ggml_threadpool_new"));
  free_ = reinterpret_cast<decltype(&ggml_threadpool_free)>(ggml_backend_reg_get_proc_address(kernels, "ggml_threadpool_free"));
  if (make == nullptr || free_ == nullptr) return;
  ggml_threadpool_params params = ggml_threadpool_params_default(threads);
  // One unit is 131,072 turns, a few milliseconds: long enough for the gap between two steps, too short to burn a core that is idle.
  params.poll = 1;
  pool_ = make(&params);
}

ComputeThreads::~ComputeThreads() {
  if (pool_ != nullptr) free_(pool_);
}

void ComputeThreads::attach(llama_context* context) {
  if (pool_ != nullptr) llama_attach_threadpool(context, pool_, pool_);
}

}  // namespace gatehouse::adapters
