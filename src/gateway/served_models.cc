#include "gatehouse/gateway/served_models.h"

#include <algorithm>

#include "gatehouse/base/assert.h"
#include "gatehouse/telemetry/process_stats.h"

namespace gatehouse::gateway {

engine::Supervised& ServedModel::runner() const {
  if (engine != nullptr) return *engine;
  GH_ASSERT(tensors != nullptr);
  return *tensors;
}

ServedModels::ServedModels(std::vector<ServedModel> models, std::string default_llm, ModelAliases aliases, std::string default_tabular)
    : models_(std::move(models)),
      default_llm_(std::move(default_llm)),
      default_tabular_(std::move(default_tabular)),
      aliases_(std::move(aliases)) {
  for (std::size_t i = 0; i < models_.size(); ++i) models_[i].number = static_cast<std::uint32_t>(i + 1);
}

using engine::Life;

const ServedModel* ServedModels::language_model(std::string_view name) const {
  const ServedModel* model = named(name.empty() ? std::string_view(default_llm_) : name);
  return model != nullptr && model->engine != nullptr ? model : nullptr;
}

const ServedModel* ServedModels::tensor_model(std::string_view name) const {
  const ServedModel* model = named(name.empty() ? std::string_view(default_tabular_) : name);
  return model != nullptr && model->tensors != nullptr ? model : nullptr;
}

const ServedModel* ServedModels::named(std::string_view name) const {
  const auto called = [this](std::string_view wanted) {
    const auto found = std::ranges::find(models_, wanted, &ServedModel::name);
    return found == models_.end() ? nullptr : &*found;
  };
  if (const ServedModel* model = called(name)) return model;
  const auto alias = aliases_.find(name);
  return alias == aliases_.end() ? nullptr : called(alias->second);
}

bool ServedModels::settled() const {
  return std::ranges::all_of(models_, [](const ServedModel& m) {
    const Life life = m.runner().life();
    return !m.required || m.runner().available() || life == Life::failed || life == Life::gone;
  });
}

bool ServedModels::required_ready() const {
  return std::ranges::all_of(models_, [](const ServedModel& m) { return !m.required || m.runner().available(); });
}

bool ServedModels::required_failed() const {
  return std::ranges::any_of(models_, [](const ServedModel& m) { return m.required && m.runner().life() == Life::failed; });
}

std::uint64_t ServedModels::resident_bytes() const {
  const Result<std::uint64_t> own = telemetry::resident_bytes();
  std::uint64_t bytes = own ? *own : 0;
  for (const ServedModel& model : models_) bytes += model.runner().state().rss_bytes;
  return bytes;
}

}  // namespace gatehouse::gateway
