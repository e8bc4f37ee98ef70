#include "gatehouse/gateway/served_models.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "gatehouse/base/assert.h"
#include "gatehouse/telemetry/process_stats.h"

namespace gatehouse::gateway {

engine::Supervised& ServedModel::runner() const {
  if (engine != nullptr) return *engine;
  GH_ASSERT(tensors != nullptr);
  return *tensors;
}

using engine::Life;
using model::Stage;

Life ServedModel::life() const {
  if (!stand) return runner().life();
  switch (stand->stage()) {
    case Stage::found:
      return stand->awaited() ? Life::loading : Life::declared;
    case Stage::checking:
    case Stage::loading:
      return Life::loading;
    case Stage::ready:
      return runner().life();
    case Stage::draining:
      return Life::draining;
    case Stage::failed:
      return Life::failed;
    case Stage::unloaded:
      break;
  }
  return Life::gone;
}

std::string ServedModel::detail() const {
  std::string why = stand ? stand->why() : std::string();
  return why.empty() ? runner().state().detail : why;
}

bool ServedModel::available() const { return (!stand || stand->stage() == Stage::ready) && runner().available(); }

// A reactor learns of an engine's end before it is said to be loading. A version that goes finishes what it has begun, with another engine
// where it has lost its own.
bool ServedModel::comes_back() const {
  if (tensors == nullptr || tensors->signature()->inputs.empty()) return false;
  const Life life = runner().life();
  if (life != Life::loading && life != Life::ready) return false;
  return !stand || stand->stage() == Stage::ready || stand->stage() == Stage::draining;
}

std::optional<Error> ServedModel::closed() const {
  if (!stand) return std::nullopt;
  const Stage stage = stand->stage();
  if (stage == Stage::failed) return Error(Code::unavailable, Origin::engine, "engine_unavailable", "The model is not available");
  const bool comes = stage == Stage::found ? stand->awaited() : stage < Stage::draining;
  if (comes) return std::nullopt;
  return Error(Code::unavailable, Origin::engine, "model_unloaded", "Version " + version + " of the model is not loaded");
}

namespace {

void add_turnover(std::map<std::string, engine::Turnover>& all, const ServedModel& model) {
  if (model.engine == nullptr && model.tensors == nullptr) return;
  all[(model.makes_tokens() ? "llama:" : "onnx:") + model.name] += model.runner().turnover();
}

}  // namespace

ServedModelPtr held(const ServedModel& model) {
  if (!model.stand) return {ServedModelPtr(), &model};
  return {std::make_shared<VersionHold>(model.stand), &model};
}

ServedModels::ServedModels(std::vector<ServedModel> models, DefaultModels defaults, ModelAliases aliases)
    : defaults_(std::move(defaults)), aliases_(std::move(aliases)) {
  for (ServedModel& model : models) fixed_.push_back(&keep(std::move(model)));
  put({0, fixed_, fixed_});
}

// Limits and prices are a name's: its versions share a number, and nobody else is ever given it.
std::uint32_t ServedModels::number_of(const std::string& name) {
  return numbers_.emplace(name, static_cast<std::uint32_t>(numbers_.size() + 1)).first->second;
}

const ServedModel& ServedModels::keep(ServedModel model) {
  model.number = number_of(model.name);
  const std::lock_guard lock(kept_mutex_);
  return *kept_.emplace_back(std::make_unique<const ServedModel>(std::move(model)));
}

bool ServedModels::show(const std::vector<const ServedModel*>& versions, const std::vector<const ServedModel*>& answering) {
  Table table;
  std::ranges::merge(fixed_, versions, std::back_inserter(table.listed), {}, &ServedModel::name, &ServedModel::name);
  std::ranges::merge(fixed_, answering, std::back_inserter(table.answering), {}, &ServedModel::name, &ServedModel::name);
  const Table* const now = this->table();
  if (now->listed == table.listed && now->answering == table.answering) return false;
  put(std::move(table));
  return true;
}

void ServedModels::put(Table table) {
  table.number = tables_.empty() ? 1 : tables_.back()->number + 1;
  table_ = tables_.emplace_back(std::make_unique<const Table>(std::move(table))).get();
}

void ServedModels::forget_before(std::uint64_t table) {
  GH_ASSERT(table <= shown());
  std::erase_if(tables_, [table](const auto& one) { return one->number < table; });
}

void ServedModels::drop(const ServedModel& model) {
  GH_ASSERT(model.stand && !model.stand->held());
  const std::lock_guard lock(kept_mutex_);
  add_turnover(left_, model);
  std::erase_if(kept_, [&model](const auto& one) { return one.get() == &model; });
}

const ServedModel* ServedModels::called(std::string_view name) const {
  const List models = answering();
  const auto found = std::ranges::find(models, name, &ServedModel::name);
  return found == models.end() ? nullptr : *found;
}

const ServedModel* ServedModels::version_of(const ServedModel& model, std::string_view version) const {
  if (model.version == version) return &model;
  const List models = all();
  const auto found =
      std::ranges::find_if(models, [&](const ServedModel* one) { return one->version == version && one->name == model.name; });
  return found == models.end() ? nullptr : *found;
}

const ServedModel* ServedModels::language_model(std::string_view name) const {
  const ServedModel* model = name.empty() ? called(defaults_.llm) : named(name);
  return model != nullptr && model->makes_tokens() ? model : nullptr;
}

const ServedModel* ServedModels::tensor_model(std::string_view name) const {
  const ServedModel* model = name.empty() ? called(defaults_.tabular) : named(name);
  return model != nullptr && !model->makes_tokens() && !model->nlu && !model->texts ? model : nullptr;
}

const ServedModel* ServedModels::nlu_model(std::string_view name) const {
  const ServedModel* model = name.empty() ? called(defaults_.nlu) : named(name);
  return model != nullptr && model->nlu != nullptr ? model : nullptr;
}

const ServedModel* ServedModels::text_model(model::Kind kind, std::string_view name) const {
  const auto fits = [kind](const ServedModel* model) { return model->texts != nullptr && model->kind() == kind; };
  const std::string& usual = kind == model::Kind::rerank ? defaults_.rerank : defaults_.embeddings;
  const ServedModel* model = name.empty() ? called(usual) : named(name);
  if (model != nullptr) return fits(model) ? model : nullptr;
  const List models = answering();
  const auto only = std::ranges::find_if(models, fits);
  return name.empty() && std::ranges::count_if(models, fits) == 1 ? *only : nullptr;
}

const ServedModel* ServedModels::named(std::string_view name) const {
  if (const ServedModel* model = called(name)) return model;
  const auto alias = aliases_.find(name);
  return alias == aliases_.end() ? nullptr : called(alias->second);
}

bool ServedModels::settled() const {
  return std::ranges::all_of(answering(), [](const ServedModel* m) {
    const Life life = m->life();
    return !m->required || m->available() || life == Life::failed || life == Life::gone;
  });
}

bool ServedModels::required_ready() const {
  return std::ranges::all_of(answering(), [](const ServedModel* m) { return !m->required || m->available(); });
}

bool ServedModels::required_failed() const {
  return std::ranges::any_of(answering(), [](const ServedModel* m) { return m->required && m->life() == Life::failed; });
}

std::map<std::string, engine::Turnover> ServedModels::turnovers() const {
  const std::lock_guard lock(kept_mutex_);
  std::map<std::string, engine::Turnover> all = left_;
  for (const auto& model : kept_) add_turnover(all, *model);
  return all;
}

std::uint64_t ServedModels::resident_bytes() const {
  const Result<std::uint64_t> own = telemetry::resident_bytes();
  std::uint64_t bytes = own ? *own : 0;
  for (const ServedModel* model : all()) bytes += model->runner().state().rss_bytes;
  return bytes;
}

}  // namespace gatehouse::gateway
