#include "loading_memory.h"

#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "gatehouse/model/gguf.h"
#include "machine_memory.h"

namespace gatehouse::app {
namespace {

// The file as it is read, the weights that the library makes of it, and those that it lays out once more; and the library itself.
constexpr std::uint64_t times_an_onnx_file = 3, onnx_library_bytes = 64UL * 1024 * 1024;

Result<std::uint64_t> size_of(const Fd& file) {
  struct stat found{};
  if (fstat(file.get(), &found) != 0) return operator_error("model_file_unreadable", "the model file cannot be looked at");
  return static_cast<std::uint64_t>(found.st_size);
}

}  // namespace

std::string in_gibibytes(std::uint64_t bytes) {
  const std::uint64_t hundredths = bytes / (1024 * 1024) * 100 / 1024;
  const std::string rest = std::to_string(hundredths % 100);
  return std::to_string(hundredths / 100) + "." + std::string(2 - rest.size(), '0') + rest + " GiB";
}

Status LoadingMemory::reserve(const std::string& model, const Fd& file, const model::ManifestLimits& limits,
                              const LlamaSettings& settings) {
  GH_TRY(const std::uint64_t size, size_of(file));
  const std::uint64_t seat = std::min<std::uint64_t>(settings.context, limits.context.value_or(settings.context));
  const std::uint64_t cells = seat * settings.sequences;
  const std::uint64_t needed = model::memory_needed(size, limits.cell_bytes.value_or(0), cells);
  return reserve(model, needed, machine_memory().free_bytes,
                 ": fewer engine.llama.sequences or a smaller engine.llama.context need less, and so do fewer models");
}

Status LoadingMemory::reserve(const std::string& model, const Fd& file) {
  GH_TRY(const std::uint64_t size, size_of(file));
  return reserve(model, size * times_an_onnx_file + onnx_library_bytes, machine_memory().free_bytes, ": fewer models need less");
}

Status LoadingMemory::reserve(const std::string& model, std::uint64_t needed, std::uint64_t free, std::string_view advice) {
  const std::lock_guard lock(mutex_);
  std::uint64_t others = 0;
  for (const auto& [name, taking] : taking_) others += name == model ? 0 : taking.bytes();
  if (needed > free - std::min(free, others)) {
    std::string text =
        "the model '" + model + "' needs about " + in_gibibytes(needed) + " of memory, and " + in_gibibytes(free) + " can be had";
    if (others > 0) text += ", of which other models are about to take " + in_gibibytes(others);
    return operator_error("model_too_large", text + std::string(advice));
  }
  taking_[model] = {needed, nullptr};
  return ok();
}

void LoadingMemory::loaded(const std::string& model, std::function<std::uint64_t()> left) {
  const std::lock_guard lock(mutex_);
  const auto found = taking_.find(model);
  if (found != taking_.end()) found->second.left = std::move(left);
}

void LoadingMemory::release(const std::string& model) {
  const std::lock_guard lock(mutex_);
  taking_.erase(model);
}

}  // namespace gatehouse::app
