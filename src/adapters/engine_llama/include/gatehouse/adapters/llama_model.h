// adapters/llama_model.h — language models by llama.cpp v0.5.0: chat template, tokens, KV cache and sampling on CPU kernels.
// Order    load_cpu_backends() before the sandbox (it opens libraries), load_llama_model() inside it (it opens nothing)
// Threads  load_cpu_backends() once, before other threads; load_llama_model() on the thread that will run the loop; the two
//          halves of the model as sequence_model.h says
// Errors   cpu_backend_missing, model_file_unusable, model_load_failed, origin operator
#pragma once
#include <filesystem>

#include "gatehouse/base/fd.h"
#include "gatehouse/base/result.h"
#include "gatehouse/engine/sequence_model.h"
#include "gatehouse/wire/engine/frames.h"

namespace gatehouse::adapters {

// Where libllama itself was loaded from; the CPU kernels lie beside it, in the build tree and installed.
std::filesystem::path library_directory();

// Loads the best CPU kernels for this machine, and sends the libraries' warnings and errors to the log. Further calls do nothing.
Status load_cpu_backends(const std::filesystem::path& library_directory);

// Takes the file's descriptor; reads the model into memory of its own and measures nothing.
Result<engine::LoadedModel> load_llama_model(Fd file, const wire::engine::Load& load);

}  // namespace gatehouse::adapters
