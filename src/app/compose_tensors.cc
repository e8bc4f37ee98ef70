// Tensor models, on their way into the server.
#include <algorithm>
#include <atomic>
#include <memory>
#include <utility>

#include "compose.h"
#include "gatehouse/adapters/onnx_model.h"
#include "gatehouse/base/assert.h"
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
  const std::string full_name = entry.name + "/" + std::to_string(entry.version);
  engine.room_for = [full_name, this](const Fd& model) { return loading_memory_.reserve(full_name, model); };
  engine.room_unused = [full_name, this] { loading_memory_.release(full_name); };
  engine.lazy = settings.models.lazy && !is_required(entry.name, settings.models);
  engine.sleep_after = settings.models.sleep_after;
  engine.on_state = [name = entry.name, full_name, this](const wire::engine::State& state, const std::string& event) {
    if (event != "engine started") loading_memory_.release(full_name);
    log_state(name, state, event);
    versions_->hear();
  };
  engine.on_output = [name = entry.name](const std::string& line) { log::warn("engine", line, {{"model", name}}); };
  return engine;
}

gateway::ServedModel Server::serve_tensors(const model::Entry& entry, adapters::ChildEngineOptions options, const Settings& settings) {
  engines_.push_back(std::make_unique<adapters::ChildEngine>(control_, reactors_.all(), files_, *tensor_spawner_, std::move(options)));
  gateway::ServedModel served;
  served.name = entry.name;
  served.version = std::to_string(entry.version);
  served.created = unix_seconds(clock_.wall());
  served.required = is_required(entry.name, settings.models);
  served.tensors = engines_.back().get();
  served.manifest = std::make_shared<const model::Manifest>(*entry.manifest);
  return served;
}

ModelVersions::Prepared Server::prepare_version(const model::Entry& entry, const Settings& settings) {
  const model::ManifestFile& file = entry.manifest->files.front();
  adapters::ChildEngineOptions engine = tensor_options(entry, settings);
  engine.tensors->inputs = model::specs_of(entry.manifest->inputs);
  engine.tensors->outputs = model::specs_of(entry.manifest->outputs);
  engine.tensors->batch_us = std::uint64_t{settings.onnx.batch_delay} * 1000;
  engine.open_model = [path = entry.folder / file.path, sha256 = file.sha256, this] { return model::open_verified(path, sha256, hashes_); };
  ModelVersions::Prepared prepared;
  prepared.served = serve_tensors(entry, std::move(engine), settings);
  prepared.start = [engine = engines_.back().get()] { engine->start(); };
  return prepared;
}

ModelVersions::Parts Server::version_parts(const Settings& settings) {
  ModelVersions::Parts parts;
  parts.check = [this](const model::Entry& entry) -> Status {
    for (const model::ManifestFile& file : entry.manifest->files) {
      GH_TRY([[maybe_unused]] const Fd opened, model::open_verified(entry.folder / file.path, file.sha256, hashes_));
    }
    return ok();
  };
  parts.prepare = [settings, this](const model::Entry& entry) { return prepare_version(entry, settings); };
  parts.behind_reactors = [this](std::function<void()> then) { behind_reactors(std::move(then)); };
  parts.end_engine = [this](const engine::TensorEngine& engine) { control_.spawn(end_engine(engine)); };
  parts.newest = settings.models.versions;
  return parts;
}

// Each reactor takes leave of it before it goes.
Task<void> Server::end_engine(const engine::TensorEngine& engine) {
  const auto found = std::ranges::find_if(engines_, [&engine](const auto& one) { return one.get() == &engine; });
  GH_ASSERT(found != engines_.end());
  adapters::ChildEngine* const leaving = parting_.emplace_back(std::move(*found)).get();
  engines_.erase(found);
  co_await leaving->stop();
  behind_reactors([this, leaving] {
    std::erase_if(parting_, [leaving](const auto& one) { return one.get() == leaving; });
    parted_.raise();
  });
}

void Server::behind_reactors(std::function<void()> then) {
  const auto left = std::make_shared<std::atomic<std::size_t>>(reactors_.size());
  for (std::size_t i = 0; i < reactors_.size(); ++i) {
    reactors_[i].post([left, then, this] {
      if (left->fetch_sub(1) == 1) control_.post(then);
    });
  }
}

}  // namespace gatehouse::app
