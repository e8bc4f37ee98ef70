// adapters/onnx_model.h — tensor models by ONNX Runtime 1.29 on the CPU, whose library is opened at run time.
// Order    load_onnx_runtime() before the sandbox (it opens the library), load_onnx_model() inside it (it opens nothing)
// Threads  load_onnx_runtime() once, before other threads; load_onnx_model() on the thread that will compute
// Errors   onnx_runtime_missing, model_file_unusable, model_load_failed, those of wire/onnx/graph.h, origin operator
#pragma once
#include <memory>
#include <string>

#include "gatehouse/base/fd.h"
#include "gatehouse/base/result.h"
#include "gatehouse/engine/tensor_model.h"
#include "gatehouse/wire/engine/frames.h"

namespace gatehouse::adapters {

// library: its file; empty: the pinned one, where the program was told at its build or its installation. Further calls do nothing.
Status load_onnx_runtime(const std::string& library);

// Takes the file's descriptor, which may be that of a bundle of two graphs (nlu_model.h), or of a graph that takes rows of tokens
// (token_model.h); each graph is looked at before the library sees it, and inputs and outputs must be as load says. A model that can be
// computed without the library says so.
Result<std::unique_ptr<engine::TensorModel>> load_onnx_model(Fd file, const wire::engine::LoadTensors& load);

}  // namespace gatehouse::adapters
