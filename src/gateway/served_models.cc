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

ServedModels::ServedModels(std::vector<ServedModel> models, DefaultModels defaults, ModelAliases aliases)
    : models_(std::move(models)), defaults_(std::move(defaults)), aliases_(std::move(aliases)) {
  for (std::size_t i = 0; i < models_.size(); ++i) models_[i].number = static_cast<std::uint32_t>(i + 1);
}

using engine::Life;

namespace {

const ServedModel* called(const std::vector<ServedModel>& models, std::string_view name) {
  const auto found = std::ranges::find(models, name, &ServedModel::name);
  return found == models.end() ? nullptr : &*found;
}

}  // namespace

const ServedModel* ServedModels::language_model(std::string_view name) const {
  const ServedModel* model = name.empty() ? called(models_, defaults_.llm) : named(name);
  return model != nullptr && model->makes_tokens() ? model : nullptr;
}

const ServedModel* ServedModels::tensor_model(std::string_view name) const {
  const ServedModel* model = name.empty() ? called(models_, defaults_.tabular) : named(name);
  return model != nullptr && !model->makes_tokens() && !model->nlu && !model->texts ? model : nullptr;
}

const ServedModel* ServedModels::nlu_model(std::string_view name) const {
  const ServedModel* model = name.empty() ? called(models_, defaults_.nlu) : named(name);
  return model != nullptr && model->nlu != nullptr ? model : nullptr;
}

const ServedModel* ServedModels::text_model(model::Kind kind, std::string_view name) const {
  const auto fits = [kind](const ServedModel& model) { return model.texts != nullptr && model.kind() == kind; };
  const ServedModel* model =
      name.empty() ? called(models_, kind == model::Kind::rerank ? defaults_.rerank : defaults_.embeddings) : named(name);
  if (model != nullptr) return fits(*model) ? model : nullptr;
  const auto only = std::ranges::find_if(models_, fits);
  return name.empty() && std::ranges::count_if(models_, fits) == 1 ? &*only : nullptr;
}

const ServedModel* ServedModels::named(std::string_view name) const {
  if (const ServedModel* model = called(models_, name)) return model;
  const auto alias = aliases_.find(name);
  return alias == aliases_.end() ? nullptr : called(models_, alias->second);
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
