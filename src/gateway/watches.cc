#include "watches.h"

#include <algorithm>
#include <functional>
#include <map>
#include <vector>

#include "gatehouse/telemetry/process_stats.h"

namespace gatehouse::gateway {
namespace {

using Kind = telemetry::Metrics::Kind;
using Read = std::function<std::vector<telemetry::Sample>()>;
using One = std::function<double()>;
using State = const wire::engine::State&;

telemetry::Labels own_labels(const std::string& model) { return {{"model", model}}; }
telemetry::Labels vllm_labels(const std::string& model) { return {{"engine", "0"}, {"model_name", model}}; }

// The last states of a model's engines: one, or as many as it has versions.
struct StatesOf {
  std::string model;
  std::vector<wire::engine::State> states;
};
std::vector<StatesOf> states_by_model(const ServedModels& models) {
  std::vector<StatesOf> found;
  for (const ServedModel* model : models.all()) {
    if (found.empty() || found.back().model != model->name) found.push_back({model->name, {}});
    found.back().states.push_back(model->runner().state());
  }
  return found;
}

// One value a model, asked of its engines' last states.
template <class Ask>
Read each_model(const ServedModels& models, Ask ask, telemetry::Labels (*labels)(const std::string&) = &own_labels) {
  return [&models, ask, labels] {
    std::vector<telemetry::Sample> samples;
    for (const StatesOf& one : states_by_model(models)) {
      telemetry::Sample sample;
      sample.labels = labels(one.model);
      for (State state : one.states) sample.value += static_cast<double>(ask(state));
      samples.push_back(std::move(sample));
    }
    return samples;
  };
}

std::vector<telemetry::Sample> kv_cells(const ServedModels& models) {
  std::vector<telemetry::Sample> samples;
  for (const StatesOf& one : states_by_model(models)) {
    const auto add = [&](const char* which, double value) {
      telemetry::Sample sample;
      sample.labels = {{"model", one.model}, {"state", which}};
      sample.value = value;
      samples.push_back(std::move(sample));
    };
    double used = 0, total = 0;
    for (State state : one.states) {
      used += static_cast<double>(state.kv_cells);
      total += static_cast<double>(state.seats) * state.seat_cells;
    }
    add("used", used);
    add("total", total);
  }
  return samples;
}

std::vector<telemetry::Sample> samples_of(const std::map<std::string, engine::Turnover>& turnovers) {
  std::vector<telemetry::Sample> samples;
  for (const auto& [name, turnover] : turnovers) {
    const auto add = [&, &engine = name](const char* reason, std::uint64_t value) {
      telemetry::Sample sample;
      sample.labels = {{"engine", engine}, {"reason", reason}};
      sample.value = static_cast<double>(value);
      samples.push_back(std::move(sample));
    };
    add("hung", turnover.hangs);
    add("ended", std::max(turnover.restarts, turnover.hangs) - turnover.hangs);
    add("recycled", turnover.recycled);
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
  metrics.watch(Kind::counter, "gatehouse_engine_restarts_total", "Engines that were started again, and why",
                Read([&models] { return samples_of(models.turnovers()); }));
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
                One([&levels] { return static_cast<double>(levels.active_requests.value()); }));
  metrics.watch(Kind::gauge, "gatehouse_streams", "Streams being sent",
                One([&levels] { return static_cast<double>(levels.streams.value()); }));
}

}  // namespace gatehouse::gateway
