#include "model_parts.h"

#include <algorithm>

#include "gatehouse/telemetry/log.h"

namespace gatehouse::app {

namespace log = telemetry::log;

gateway::DefaultModels default_models(const ModelSettings& settings) {
  return {.llm = settings.default_llm,
          .tabular = settings.default_tabular,
          .nlu = settings.default_nlu,
          .embeddings = settings.default_embeddings,
          .rerank = settings.default_rerank};
}

bool is_required(const std::string& model, const ModelSettings& settings) {
  return std::ranges::any_of(settings.required, [&](const std::string& name) {
    const auto alias = std::ranges::find(settings.aliases, name, [](const auto& one) -> const std::string& { return one.first; });
    return (alias == settings.aliases.end() ? name : alias->second) == model;
  });
}

void log_state(const std::string& model, const wire::engine::State& state, const std::string& event) {
  if (event.empty()) return;
  if (event == "model failed" || event == "engine ended" || event == "engine not started" || event == "model failed for good" ||
      event == "engine kept" || event == "plan refused") {
    log::warn("engine", event, {{"model", model}, {"detail", state.detail}});
  } else {
    log::info("engine", event, {{"model", model}, {"detail", state.detail}});
  }
}

}  // namespace gatehouse::app
