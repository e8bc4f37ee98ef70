// gateway/watches.h — what is read when somebody scrapes: the state of each model's engine, and of this process.
// Threads  once, at the start; the models and levels outlive the last scrape
// Source   names: Prometheus, vLLM (what gateways that choose among replicas need), and those of dashboards that exist
#pragma once
#include "gatehouse/gateway/served_models.h"
#include "gatehouse/telemetry/metrics.h"
#include "meters.h"

namespace gatehouse::gateway {

void watch_models(telemetry::Metrics& metrics, const ServedModels& models);
void watch_process(telemetry::Metrics& metrics, const ServedModels& models, const Levels& levels);

}  // namespace gatehouse::gateway
