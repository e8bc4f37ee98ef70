#include "meters.h"

#include <algorithm>
#include <string>
#include <vector>

namespace gatehouse::gateway {
namespace {

// Seconds; a probe takes microseconds, an answer minutes.
const std::vector<double>& latency_bounds() {
  static const std::vector<double> bounds = {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600};
  return bounds;
}

// Paths that no route knows share one name: a scanner must not fill the memory with names.
std::string_view endpoint_of(const Route* route) { return route != nullptr ? route->path : "(unknown)"; }

std::string method_name(std::optional<wire::Method> method) { return method ? std::string(to_string(*method)) : "(unknown)"; }

}  // namespace

void Meters::request(const Route* route, std::optional<wire::Method> method, int status, double duration, std::string_view error) {
  const std::string_view endpoint = endpoint_of(route);
  RouteMeters& meters = routes_[{route, method}];
  telemetry::Counter*& count = meters.by_status[status];
  if (count == nullptr) {
    count =
        &metrics_.counter("llm_api_request_count_total", "Answered requests",
                          {{"endpoint", std::string(endpoint)}, {"method", method_name(method)}, {"status_code", std::to_string(status)}});
  }
  count->add();
  if (meters.latency == nullptr) {
    meters.latency = &metrics_.histogram("llm_api_request_latency_seconds", "Time from the head of a request to the end of its answer",
                                         latency_bounds(), {{"endpoint", std::string(endpoint)}, {"method", method_name(method)}});
  }
  meters.latency->observe(duration);
  if (status >= 500) {
    const std::string type(error.empty() ? "not_ready" : error);  // probes alone say no without an Error
    metrics_
        .counter("llm_api_error_count_total", "Answers with a status of 500 and above",
                 {{"endpoint", std::string(endpoint)}, {"error_type", type}})
        .add();
  }
}

void Meters::generation(std::string_view model, const Usage& usage, nanoseconds took) {
  const std::string name(model);
  constexpr std::string_view help = "Tokens of prompts read and of completions made";
  metrics_.counter("llm_token_count_total", help, {{"type", "prompt"}, {"model", name}}).add(usage.prompt_tokens);
  metrics_.counter("llm_token_count_total", help, {{"type", "completion"}, {"model", name}}).add(usage.completion_tokens);
  constexpr std::string_view work = "Tokens that went through a model: prompts read and completions made";
  metrics_.counter("llm_token_processing_total", work, {{"operation", "prefill"}, {"model_name", name}}).add(usage.prompt_tokens);
  metrics_.counter("llm_token_processing_total", work, {{"operation", "decode"}, {"model_name", name}}).add(usage.completion_tokens);
  metrics_
      .histogram("llm_model_inference_latency_seconds", "Time from admission to the end of a generation", latency_bounds(),
                 {{"model_name", name}})
      .observe(std::chrono::duration<double>(took).count());
}

void Meters::tasks(std::string_view model, std::string_view names) {
  while (!names.empty()) {
    const std::string_view one = names.substr(0, names.find(','));
    names.remove_prefix(std::min(one.size() + 1, names.size()));
    metrics_
        .counter("gatehouse_nlu_requests_total", "Texts that were admitted, by what was asked about them, told again or not",
                 {{"model", std::string(model)}, {"task", std::string(one)}})
        .add();
  }
}

}  // namespace gatehouse::gateway
