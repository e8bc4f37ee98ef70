// Tensor models, on their way into the server.
#include <memory>
#include <utility>

#include "compose.h"
#include "gatehouse/adapters/onnx_model.h"
#include "gatehouse/telemetry/log.h"
#include "machine_memory.h"
#include "model_parts.h"

namespace gatehouse::app {

namespace {

namespace log = telemetry::log;

// A call that takes too long is refused by the engine itself, which ends it between two operators of its graph; one that does not end so,
// or an engine that says nothing at all, is ended from outside.
constexpr seconds time_to_stop{2};

}  // namespace

Status Server::make_tensor_spawner(const OnnxSettings& settings) {
  if (settings.isolation == Isolation::process) {
    std::vector<std::string> arguments{"engine", "onnx"};
    if (!settings.library.empty()) arguments.insert(arguments.end(), {"--library", settings.library});
    tensor_spawner_ = std::make_unique<adapters::ProcessSpawner>("/proc/self/exe", std::move(arguments));
    return ok();
  }
  log::warn("engine", "tensor models run inside the server: a model that breaks ends it (engine.onnx.isolation)");
  GH_CHECK(adapters::load_onnx_runtime(settings.library));
  tensor_spawner_ = std::make_unique<adapters::ThreadSpawner>(adapters::load_onnx_model, clock_);
  return ok();
}

adapters::ChildEngineOptions Server::tensor_options(const model::Entry& entry, const Settings& settings) {
  adapters::ChildEngineOptions engine;
  wire::engine::LoadTensors load;
  load.model = entry.name;
  load.threads = settings.onnx.threads;
  load.queue = settings.onnx.queue;
  load.patience_us = static_cast<std::uint64_t>(std::chrono::microseconds(settings.onnx.hang_after).count());
  engine.tensors = std::move(load);
  engine.hang_patience = settings.onnx.hang_after > seconds(0) ? settings.onnx.hang_after + time_to_stop : nanoseconds(0);
  engine.recycle = {settings.onnx.recycle_after, settings.onnx.recycle_calls, settings.onnx.recycle_memory.value()};
  engine.spare_memory = [] { return machine_memory().free_bytes; };
  engine.room_for = [name = entry.name, this](const Fd& model) { return loading_memory_.reserve(name, model); };
  engine.lazy = settings.models.lazy && !is_required(entry.name, settings.models);
  engine.sleep_after = settings.models.sleep_after;
  engine.on_state = [name = entry.name, this](const wire::engine::State& state, const std::string& event) {
    if (event != "engine started") loading_memory_.release(name);
    log_state(name, state, event);
  };
  engine.on_output = [name = entry.name](const std::string& line) { log::warn("engine", line, {{"model", name}}); };
  return engine;
}

gateway::ServedModel& Server::serve_tensors(const model::Entry& entry, adapters::ChildEngineOptions options, const Settings& settings) {
  engines_.push_back(std::make_unique<adapters::ChildEngine>(control_, reactors_.all(), files_, *tensor_spawner_, std::move(options)));
  gateway::ServedModel& served = served_.emplace_back();
  served.name = entry.name;
  served.version = std::to_string(entry.version);
  served.created = unix_seconds(clock_.wall());
  served.required = is_required(entry.name, settings.models);
  served.tensors = engines_.back().get();
  served.manifest = std::make_shared<const model::Manifest>(*entry.manifest);
  return served;
}

Status Server::add_tensor_engine(const model::Entry& entry, const Settings& settings) {
  if (!tensor_spawner_) GH_CHECK(make_tensor_spawner(settings.onnx));
  const model::ManifestFile& file = entry.manifest->files.front();
  adapters::ChildEngineOptions engine = tensor_options(entry, settings);
  engine.tensors->inputs = specs_of(entry.manifest->inputs);
  engine.tensors->outputs = specs_of(entry.manifest->outputs);
  engine.tensors->batch_us = std::uint64_t{settings.onnx.batch_delay} * 1000;
  engine.open_model = [path = entry.folder / file.path, sha256 = file.sha256, this] { return model::open_verified(path, sha256, hashes_); };
  serve_tensors(entry, std::move(engine), settings);
  return ok();
}

}  // namespace gatehouse::app
