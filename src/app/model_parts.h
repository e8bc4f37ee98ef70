// app/model_parts.h — what the engines of all kinds of models have in common when they are put together.
#pragma once
#include <string>

#include "gatehouse/gateway/served_models.h"
#include "gatehouse/wire/engine/frames.h"
#include "settings.h"

namespace gatehouse::app {

gateway::DefaultModels default_models(const ModelSettings& settings);
// models.required may name a model by an alias.
bool is_required(const std::string& model, const ModelSettings& settings);
void log_state(const std::string& model, const wire::engine::State& state, const std::string& event);

}  // namespace gatehouse::app
