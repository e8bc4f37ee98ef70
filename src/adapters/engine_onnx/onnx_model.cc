#include "gatehouse/adapters/onnx_model.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stop_token>
#include <utility>
#include <vector>

#include "gatehouse/wire/engine/bundle.h"
#include "native_choice.h"
#include "nlu_model.h"
#include "onnx_file.h"
#include "onnx_values.h"
#include "token_model.h"

namespace gatehouse::adapters {

namespace w = wire::engine;

namespace {

constexpr std::string_view load_failed = "model_load_failed";
constexpr std::size_t largest_file = std::size_t{1} << 31;  // protobuf has no larger ones
constexpr std::size_t longest_name = 256;
// What outputs may take: names, shapes and counts go beside them into one answer.
constexpr std::size_t output_room = w::max_assembled - std::size_t{1024} * 1024;

Result<std::string> read_whole(const Fd& file) {
  // Not fstat(): glibc makes of it a call that takes paths, which the sandbox refuses.
  const off_t size = lseek(file.get(), 0, SEEK_END);
  if (size <= 0 || static_cast<std::size_t>(size) >= largest_file) {
    return operator_error("model_file_unusable", "the ONNX file is empty or larger than 2 GiB");
  }
  std::string bytes(static_cast<std::size_t>(size), '\0');
  std::size_t have = 0;
  while (have < bytes.size()) {
    const ssize_t n = pread(file.get(), bytes.data() + have, bytes.size() - have, static_cast<off_t>(have));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return operator_error("model_file_unusable", "the ONNX file cannot be read to its end");
    have += static_cast<std::size_t>(n);
  }
  return bytes;
}

// Without VNNI two products of a byte are added up in 16 bits, which cannot hold them: what int8 models say would be another thing there.
// The library has another way for such CPUs. It takes it wherever it is told to, on those with AMX too, where it costs as much again.
bool holds_byte_products() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vl");
#else
  return true;
#endif
}

Result<OnnxSessionOptions> session_options(const w::LoadTensors& load) {
  const OrtApi& api = onnx_api();
  OrtSessionOptions* made = nullptr;
  GH_CHECK(onnx_status(api.CreateSessionOptions(&made), load_failed));
  OnnxSessionOptions options(made);
  GH_CHECK(onnx_status(api.SetIntraOpNumThreads(made, static_cast<int>(load.threads)), load_failed));
  GH_CHECK(onnx_status(api.SetInterOpNumThreads(made, 1), load_failed));
  // Not what the file looks like: it has been read as this.
  GH_CHECK(onnx_status(api.AddSessionConfigEntry(made, "session.load_model_format", "ONNX"), load_failed));
  const char* const spread = holds_byte_products() ? "0" : "1";
  GH_CHECK(onnx_status(api.AddSessionConfigEntry(made, "session.x64quantprecision", spread), load_failed));
  // Its threads would burn the cores between two calls, which belong to others.
  GH_CHECK(onnx_status(api.AddSessionConfigEntry(made, "session.intra_op.allow_spinning", "0"), load_failed));
  return options;
}

// The inputs or the outputs of a graph.
struct Side {
  OrtStatus* (*OrtApi::*count)(const OrtSession*, std::size_t*) noexcept;
  OrtStatus* (*OrtApi::*name)(const OrtSession*, std::size_t, OrtAllocator*, char**) noexcept;
  OrtStatus* (*OrtApi::*type)(const OrtSession*, std::size_t, OrtTypeInfo**) noexcept;
};
constexpr Side input_side{&OrtApi::SessionGetInputCount, &OrtApi::SessionGetInputName, &OrtApi::SessionGetInputTypeInfo};
constexpr Side output_side{&OrtApi::SessionGetOutputCount, &OrtApi::SessionGetOutputName, &OrtApi::SessionGetOutputTypeInfo};

Result<std::vector<wire::TensorSpec>> specs_of(const OrtSession& session, const Side& side) {
  const OrtApi& api = onnx_api();
  OrtAllocator* allocator = nullptr;
  GH_CHECK(onnx_status(api.GetAllocatorWithDefaultOptions(&allocator), load_failed));
  std::size_t count = 0;
  GH_CHECK(onnx_status((api.*side.count)(&session, &count), load_failed));
  std::vector<wire::TensorSpec> specs;
  for (std::size_t i = 0; i < count; ++i) {
    char* text = nullptr;
    GH_CHECK(onnx_status((api.*side.name)(&session, i, allocator, &text), load_failed));
    std::string name(text);
    GH_CHECK(onnx_status(api.AllocatorFree(allocator, text), load_failed));
    if (name.size() > longest_name) return operator_error(load_failed, "an input or output has a name of more than 256 bytes");
    OrtTypeInfo* type = nullptr;
    GH_CHECK(onnx_status((api.*side.type)(&session, i, &type), load_failed));
    const OnnxTypeInfo owned(type);
    GH_TRY(wire::TensorSpec spec, spec_of(std::move(name), *type));
    specs.push_back(std::move(spec));
  }
  return specs;
}

// What the manifest says becomes what is served: it may be narrower than the graph, and names some of the outputs.
Status adopt(const char* side, const std::vector<wire::TensorSpec>& wanted, std::vector<wire::TensorSpec>& had, bool all) {
  if (wanted.empty()) return ok();
  if (all && wanted.size() != had.size()) {
    return operator_error(load_failed, "the manifest names " + std::to_string(wanted.size()) + " " + side + "s and the graph has " +
                                           std::to_string(had.size()));
  }
  for (const wire::TensorSpec& one : wanted) {
    const auto found = std::ranges::find(had, one.name, &wire::TensorSpec::name);
    if (found == had.end()) return operator_error(load_failed, std::string("the graph has no ") + side + " '" + one.name + "'");
    if (const auto differs = wire::difference(one, *found)) {
      return operator_error(load_failed, std::string("the ") + side + " '" + one.name + "' " + *differs + " in the graph, and " +
                                             std::string(to_string(one.datatype)) + " " + wire::to_text(one.shape) + " in the manifest");
    }
  }
  had = wanted;
  return ok();
}

Error invalid_tensor(std::string text) { return caller_error("invalid_tensor", std::move(text)); }

class OnnxModel final : public engine::TensorModel {
 public:
  OnnxModel(OnnxSession session, OnnxMemoryInfo memory, w::Signature signature)
      : session_(std::move(session)), memory_(std::move(memory)), signature_(std::move(signature)) {}

  const w::Signature& signature() const override { return signature_; }
  std::string description() const override {
    if (native_.words.empty()) return "onnxruntime, CPU";
    return native_.plan.empty() ? "onnxruntime, CPU: not natively, " + native_.words : native_.words;
  }
  const std::string& plan() const override { return native_.plan; }

  void look_for_native(const wire::onnx::Graph& graph) {
    native_ = choose_native(graph, signature_, [this](const w::Infer& call) { return infer(call, std::stop_token()); });
  }

  Result<w::Inferred> infer(const w::Infer& call, const std::stop_token& stop) override {
    GH_TRY(const std::vector<const wire::Tensor*> inputs, in_order(call.inputs));
    GH_TRY(const std::vector<const char*> names, wanted(call.outputs));
    std::vector<OnnxValue> owned;
    std::vector<const OrtValue*> values;
    std::vector<const char*> input_names;
    for (const wire::Tensor* tensor : inputs) {
      GH_TRY(OnnxValue value, onnx_value_of(*tensor, *memory_));
      values.push_back(value.get());
      owned.push_back(std::move(value));
      input_names.push_back(tensor->name.c_str());
    }
    std::vector<OrtValue*> made(names.size(), nullptr);
    const Status ran = run(input_names, values, names, made, stop);
    std::vector<OnnxValue> results;
    for (OrtValue* value : made) results.emplace_back(value);
    GH_CHECK(ran);
    return collect(names, results, call.room == 0 ? output_room : std::min<std::size_t>(call.room, output_room));
  }

 private:
  // As the signature has them, each there once and fit.
  Result<std::vector<const wire::Tensor*>> in_order(const std::vector<wire::Tensor>& given) const {
    std::vector<const wire::Tensor*> inputs;
    for (const wire::TensorSpec& spec : signature_.inputs) {
      const auto found = std::ranges::find(given, spec.name, &wire::Tensor::name);
      if (found == given.end()) return invalid_tensor("The input '" + spec.name + "' is missing");
      const Status fits = wire::check_fit(*found, spec);
      if (!fits) return invalid_tensor(fits.error().public_text());
      inputs.push_back(&*found);
    }
    if (given.size() != inputs.size()) return invalid_tensor("There are more inputs than this model has");
    return inputs;
  }

  Result<std::vector<const char*>> wanted(const std::vector<std::string>& outputs) const {
    std::vector<const char*> names;
    for (const std::string& name : outputs) {
      const auto found = std::ranges::find(signature_.outputs, name, &wire::TensorSpec::name);
      if (found == signature_.outputs.end()) return invalid_tensor("There is no output '" + name + "'");
      names.push_back(found->name.c_str());
    }
    if (!outputs.empty()) return names;
    for (const wire::TensorSpec& spec : signature_.outputs) names.push_back(spec.name.c_str());
    return names;
  }

  Status run(const std::vector<const char*>& input_names, const std::vector<const OrtValue*>& values,
             const std::vector<const char*>& output_names, std::vector<OrtValue*>& made, const std::stop_token& stop) {
    const OrtApi& api = onnx_api();
    OrtRunOptions* options = nullptr;
    GH_CHECK(onnx_status(api.CreateRunOptions(&options), "infer_failed"));
    const OnnxRunOptions owned(options);
    // What it may say of that helps nobody: the call then runs to its end.
    const std::stop_callback told(stop, [options] {
      const Status ignored = onnx_status(onnx_api().RunOptionsSetTerminate(options), "infer_failed");
      static_cast<void>(ignored);
    });
    OrtStatus* status = api.Run(session_.get(), options, input_names.data(), values.data(), values.size(), output_names.data(),
                                output_names.size(), made.data());
    const Status ran = onnx_status(status, "infer_failed");
    if (ran) return ok();
    // Its words name nodes and kernels: they are for the log.
    return Error(Code::internal, Origin::engine, "infer_failed", "The model could not compute an answer for this input")
        .with_detail(ran.error().public_text());
  }

  static Result<w::Inferred> collect(const std::vector<const char*>& names, const std::vector<OnnxValue>& values, std::size_t room) {
    w::Inferred answer;
    for (std::size_t i = 0; i < values.size(); ++i) {
      GH_TRY(wire::Tensor tensor, tensor_of(names[i], *values[i], room));
      answer.outputs.push_back(std::move(tensor));
    }
    return answer;
  }

  const OnnxSession session_;
  const OnnxMemoryInfo memory_;
  const w::Signature signature_;
  NativeChoice native_;
};

}  // namespace

namespace {

Result<std::unique_ptr<engine::TensorModel>> open_graph(std::string_view bytes, const w::LoadTensors& load) {
  const OrtApi& api = onnx_api();
  GH_TRY(const wire::onnx::Graph graph, read_onnx_file(bytes));
  GH_TRY(const OnnxSessionOptions options, session_options(load));
  OrtSession* opened = nullptr;
  GH_CHECK(onnx_status(api.CreateSessionFromArray(&onnx_environment(), bytes.data(), bytes.size(), options.get(), &opened), load_failed));
  OnnxSession session(opened);
  w::Signature signature;
  GH_TRY(signature.inputs, specs_of(*session, input_side));
  GH_TRY(signature.outputs, specs_of(*session, output_side));
  GH_CHECK(adopt("input", load.inputs, signature.inputs, true));
  GH_CHECK(adopt("output", load.outputs, signature.outputs, false));
  OrtMemoryInfo* memory = nullptr;
  GH_CHECK(onnx_status(api.CreateCpuMemoryInfo(OrtDeviceAllocator, OrtMemTypeDefault, &memory), load_failed));
  auto model = std::make_unique<OnnxModel>(std::move(session), OnnxMemoryInfo(memory), std::move(signature));
  model->look_for_native(graph);
  return std::unique_ptr<engine::TensorModel>(std::move(model));
}

}  // namespace

Result<std::unique_ptr<engine::TensorModel>> load_onnx_model(Fd file, const w::LoadTensors& load) {
  GH_TRY(const std::string bytes, read_whole(file));
  if (load.graphs == 1) {
    GH_TRY(auto graph, open_graph(bytes, load));
    if (load.row_tokens > 0) return token_model_of(std::move(graph), load.row_tokens);
    return graph;
  }
  GH_TRY(const std::vector<std::string_view> graphs, w::files_in_bundle(bytes, load.graphs));
  if (graphs.size() != 2) return operator_error("model_file_unusable", "a model has one graph, or two");
  GH_TRY(auto lower, open_graph(graphs[0], load));
  GH_TRY(auto upper, open_graph(graphs[1], load));
  return nlu_model_of(std::move(lower), std::move(upper));
}

}  // namespace gatehouse::adapters
