// app/loading_memory.h — whether there is memory for a model that is to be loaded, beside what others are about to take.
// Units    bytes
// Threads  reserve() blocks on small files: a worker. release() from any thread
// Errors   model_too_large, with the figures
#pragma once
#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "gatehouse/base/fd.h"
#include "gatehouse/base/result.h"
#include "gatehouse/model/manifest.h"
#include "settings.h"

namespace gatehouse::app {

class LoadingMemory {
 public:
  // file: the model's, of which the size alone is looked at; limits: its manifest's. What it needs counts as taken until loaded() or
  // release(), and is seen by the kernel from then on.
  Status reserve(const std::string& model, const Fd& file, const model::ManifestLimits& limits, const LlamaSettings& settings);
  // The same of a tensor model.
  Status reserve(const std::string& model, const Fd& file);
  Status reserve(const std::string& model, std::uint64_t needed, std::uint64_t free, std::string_view advice = {});
  // left: what of it the kernel has yet to give, by its engine's own word, which is believed up to what was reserved for it; asked by each
  // reserve() of another, until release().
  void loaded(const std::string& model, std::function<std::uint64_t()> left);
  void release(const std::string& model);

 private:
  struct Taking {
    std::uint64_t needed = 0;
    std::function<std::uint64_t()> left;  // null: all of it
    std::uint64_t bytes() const { return left ? std::min(needed, left()) : needed; }
  };
  std::mutex mutex_;  // taken for a look-up
  std::map<std::string, Taking> taking_;
};

// "1.4 GiB"
std::string in_gibibytes(std::uint64_t bytes);

}  // namespace gatehouse::app
