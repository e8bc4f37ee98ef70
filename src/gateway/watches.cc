#include "watches.h"

#include <functional>
#include <vector>

#include "gatehouse/telemetry/process_stats.h"

namespace gatehouse::gateway {
namespace {

using Kind = telemetry::Metrics::Kind;
using Read = std::function<std::vector<telemetry::Sample>()>;
using One = std::function<double()>;
using State = const wire::engine::State&;

telemetry::Labels own_labels(const ServedModel& model) { return {{"model", model.name}}; }
telemetry::Labels vllm_labels(const ServedModel& model) { return {{"engine", "0"}, {"model_name", model.name}}; }

// One value a model, asked of its engine's last state.
template <class Ask>
Read each_model(const ServedModels& models, Ask ask, telemetry::Labels (*labels)(const ServedModel&) = &own_labels) {
  return [&models, ask, labels] {
    std::vector<telemetry::Sample> samples;
    for (const ServedModel& model : models.all()) {
      telemetry::Sample sample;
      sample.labels = labels(model);
      sample.value = static_cast<double>(ask(model.runner().state()));
      samples.push_back(std::move(sample));
    }
    return samples;
  };
}

std::vector<telemetry::Sample> kv_cells(const ServedModels& models) {
  std::vector<telemetry::Sample> samples;
  for (const ServedModel& model : models.all()) {
    const wire::engine::State state = model.runner().state();
    const auto add = [&](const char* which, double value) {
      telemetry::Sample sample;
      sample.labels = {{"model", model.name}, {"state", which}};
      sample.value = value;
      samples.push_back(std::move(sample));
    };
    add("used", static_cast<double>(state.kv_cells));
    add("total", static_cast<double>(state.seats) * state.seat_cells);
  }
  return samples;
}

// What gateways that choose among replicas of a model look at, under vLLM's names (Gateway API Inference Extension, proposal 003).
void watch_for_pickers(telemetry::Metrics& metrics, const ServedModels& models) {
  metrics.watch(Kind::gauge, "vllm:num_requests_running", "Requests in seats",
                each_model(models, [](State s) { return s.sequences; }, &vllm_labels));
  metrics.watch(Kind::gauge, "vllm:num_requests_waiting", "Requests that wait for a seat",
                each_model(models, [](State s) { return s.queued; }, &vllm_labels));
  const auto share = [](State s) {
    const double all = static_cast<double>(s.seats) * s.seat_cells;
    return all > 0 ? static_cast<double>(s.kv_cells) / all : 0.0;
  };
  metrics.watch(Kind::gauge, "vllm:kv_cache_usage_perc", "Share of the KV cache that is written, 1 for all of it",
                each_model(models, share, &vllm_labels));
  metrics.watch(Kind::gauge, "vllm:lora_requests_info", "Adapters that are running and waiting; there are none here", Read([] {
                  telemetry::Sample none;
                  none.labels = {{"max_lora", "0"}, {"running_lora_adapters", ""}, {"waiting_lora_adapters", ""}};
                  none.value = 1;
                  return std::vector{none};
                }));
}

}  // namespace

void watch_models(telemetry::Metrics& metrics, const ServedModels& models) {
  metrics.watch(Kind::gauge, "gatehouse_sequences", "Seats taken", each_model(models, [](State s) { return s.sequences; }));
  metrics.watch(Kind::gauge, "gatehouse_jobs", "Jobs that an engine knows of", each_model(models, [](State s) { return s.jobs; }));
  metrics.watch(Kind::gauge, "gatehouse_queue_depth", "Jobs that wait for a seat", each_model(models, [](State s) { return s.queued; }));
  metrics.watch(Kind::gauge, "gatehouse_saved_sequences", "Sequences that have given their seat to another tenant and will go on",
                each_model(models, [](State s) { return s.saved; }));
  metrics.watch(Kind::gauge, "gatehouse_saved_bytes", "Memory of the states of such sequences",
                each_model(models, [](State s) { return s.saved_bytes; }));
  metrics.watch(Kind::counter, "gatehouse_seats_given_back_total", "Seats given back while their sequence had more to say",
                each_model(models, [](State s) { return s.given_back; }));
  metrics.watch(Kind::counter, "gatehouse_prompt_tokens_computed_total", "Tokens of prompts that were computed",
                each_model(models, [](State s) { return s.prompt_computed; }));
  metrics.watch(Kind::counter, "gatehouse_prompt_tokens_cached_total",
                "Tokens of prompts that were copied from where they had been computed",
                each_model(models, [](State s) { return s.prompt_cached; }));
  metrics.watch(Kind::gauge, "gatehouse_prefixes", "Beginnings of prompts that are kept",
                each_model(models, [](State s) { return s.prefixes; }));
  metrics.watch(Kind::gauge, "gatehouse_prefix_bytes", "Memory of kept beginnings of prompts",
                each_model(models, [](State s) { return s.prefix_bytes; }));
  metrics.watch(Kind::gauge, "gatehouse_engine_open_fds", "Open descriptors of an engine",
                each_model(models, [](State s) { return s.open_fds; }));
  metrics.watch(Kind::gauge, "gatehouse_engine_resident_memory_bytes", "Resident memory of an engine",
                each_model(models, [](State s) { return s.rss_bytes; }));
  metrics.watch(Kind::counter, "gatehouse_engine_compute_seconds_total",
                "CPU time of an engine's loop inside the model: passes and sampling",
                each_model(models, [](State s) { return static_cast<double>(s.compute_us) / 1e6; }));
  metrics.watch(Kind::counter, "gatehouse_engine_steps_total", "Passes over a model: decode steps and chunks of prompts",
                each_model(models, [](State s) { return s.steps; }));
  metrics.watch(Kind::gauge, "gatehouse_kv_cells", "Cells of the KV cache: written, and all", Read([&models] { return kv_cells(models); }));
  watch_for_pickers(metrics, models);
}

void watch_process(telemetry::Metrics& metrics, const ServedModels& models, const Levels& levels) {
  metrics.watch(Kind::gauge, "process_open_fds", "Open descriptors of this process", One([] {
                  const auto stats = telemetry::process_stats();
                  return stats ? static_cast<double>(stats->open_fds) : 0.0;
                }));
  metrics.watch(Kind::gauge, "process_resident_memory_bytes", "Resident memory of this process", One([] {
                  const auto stats = telemetry::process_stats();
                  return stats ? static_cast<double>(stats->resident_bytes) : 0.0;
                }));
  metrics.watch(Kind::gauge, "llm_api_memory_usage_bytes", "Resident memory of this process and its engines",
                One([&models] { return static_cast<double>(models.resident_bytes()); }));
  metrics.watch(Kind::gauge, "llm_api_active_requests", "Requests being answered",
                One([&levels] { return static_cast<double>(levels.active_requests.load(std::memory_order_relaxed)); }));
  metrics.watch(Kind::gauge, "gatehouse_streams", "Streams being sent",
                One([&levels] { return static_cast<double>(levels.streams.load(std::memory_order_relaxed)); }));
}

}  // namespace gatehouse::gateway
