// adapters/engine_llama/llama_handles.h — libllama's objects with one owner each.
// Threads  value types; a model may be read from several threads, a context belongs to one
#pragma once
#include <ggml-cpu.h>
#include <llama.h>

#include <memory>

namespace gatehouse::adapters {

struct FreeModel {
  void operator()(llama_model* model) const { llama_model_free(model); }
};
struct FreeContext {
  void operator()(llama_context* context) const { llama_free(context); }
};
struct FreeSampler {
  void operator()(llama_sampler* sampler) const { llama_sampler_free(sampler); }
};
using SamplerHandle = std::unique_ptr<llama_sampler, FreeSampler>;
using ModelHandle = std::shared_ptr<llama_model>;
using ContextHandle = std::unique_ptr<llama_context, FreeContext>;

// The pool's functions live in the CPU kernels' library, which is loaded at run time.
class ComputeThreads {
 public:
  // None where the kernels offer no pool: libllama then makes its threads itself.
  explicit ComputeThreads(int threads);
  ComputeThreads(const ComputeThreads&) = delete;
  ComputeThreads& operator=(const ComputeThreads&) = delete;
  ~ComputeThreads();
  void attach(llama_context* context);

 private:
  ggml_threadpool_t pool_ = nullptr;
  decltype(&ggml_threadpool_free) free_ = nullptr;
};

}  // namespace gatehouse::adapters
