#include "oip_routes.h"

#include <array>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "decisions.h"
#include "gatehouse/wire/oip/metadata.h"
#include "gatehouse/wire/oip/repository.h"
#include "model_signature.h"

namespace gatehouse::gateway {
namespace {

constexpr std::array<std::string_view, 5> extensions{"binary_tensor_data", "classification", "statistics", "model_repository", "generate"};

net::Response oip_response(int status, std::string json) {
  net::Response response(status);
  response.body("application/json", std::move(json));
  if (status == 503) response.field("Retry-After", "1");
  return response;
}

net::Response server_answer(std::string_view version) {
  std::string json;
  wire::write_server_metadata(json, "gatehouse", version, extensions);
  return oip_response(200, std::move(json));
}

net::Response ready_answer(bool ready) {
  return oip_response(ready ? 200 : 503, ready ? R"({"ready":true,"live":true})" : R"({"ready":false,"live":true})");
}

Result<const ServedModel*> model_asked_for(const OipQuestion& question, const ServedModels& models) {
  GH_TRY(const ModelOfPath named, model_of_path(question.match));
  GH_TRY(const ServedModel* const model, choose_any_model(models, *question.who, named.model));
  return choose_version(models, *model, named.version);
}

// A language model's are those of …/generate.
Result<SignaturePtr> signature_to_tell(const ServedModel& model) {
  if (!model.makes_tokens()) return known_signature(model);
  wire::engine::Signature text;
  for (auto* side : {&text.inputs, &text.outputs}) {
    wire::TensorSpec& spec = side->emplace_back();
    spec.name = side == &text.inputs ? "text_input" : "text_output";
    spec.datatype = wire::Datatype::bytes;
    spec.shape = {1};
  }
  return SignaturePtr(std::make_shared<const wire::engine::Signature>(std::move(text)));
}

// Those that can be asked for now; where none can, the one that was asked about.
std::vector<std::string> versions_to_tell(const ServedModel& model, const ServedModels& models) {
  std::vector<std::string> versions;
  for (const ServedModel* one : models.all()) {
    if (one->name == model.name && one->available()) versions.push_back(one->version);
  }
  if (versions.empty()) versions.push_back(model.version);
  return versions;
}

Result<net::Response> model_answer(const ServedModel& model, const ServedModels& models) {
  GH_TRY(const SignaturePtr signature, signature_to_tell(model));
  wire::ModelMetadata metadata;
  metadata.name = model.name;
  metadata.versions = versions_to_tell(model, models);
  metadata.platform = model.makes_tokens() ? std::string_view("gguf") : std::string_view("onnx_onnxv1");
  metadata.inputs = signature->inputs;
  metadata.outputs = signature->outputs;
  std::string json;
  wire::write_model_metadata(json, metadata);
  return oip_response(200, std::move(json));
}

net::Response model_ready_answer(const ServedModel& model) {
  const bool ready = model.available();
  std::string json;
  wire::write_model_ready(json, model.name, ready ? wire::Readiness::ready : wire::Readiness::not_ready);
  return oip_response(ready ? 200 : 503, std::move(json));
}

wire::StatisticsTime told(const CountedTime& time) { return {time.count, time.ns}; }

wire::ModelStatistics statistics_of(const ServedModel& model) {
  const InferenceFigures figures = model.counts->figures();
  wire::ModelStatistics statistics;
  statistics.name = model.name;
  statistics.version = model.version;
  statistics.last_inference = figures.last_ms;
  statistics.inferences = figures.rows;
  statistics.executions = figures.passes;
  statistics.success = told(figures.success);
  statistics.fail = told(figures.failure);
  statistics.queue = told(figures.queue);
  statistics.input = told(figures.input);
  statistics.compute = told(figures.compute);
  statistics.output = told(figures.output);
  for (const PassFigures& pass : figures.by_rows) {
    statistics.batches.push_back({pass.rows, told(pass.input), told(pass.compute), told(pass.output)});
  }
  return statistics;
}

net::Response statistics_answer(std::span<const wire::ModelStatistics> models) {
  std::string json;
  wire::write_statistics(json, models);
  return oip_response(200, std::move(json));
}

// For administrators of the platform, who may know of every model.
Result<net::Response> one_models_statistics(const OipQuestion& question, const ServedModels& models) {
  GH_TRY(const ModelOfPath named, model_of_path(question.match));
  const ServedModel* const model = models.named(named.model);
  if (model == nullptr) return model_not_found(named.model);
  std::vector<wire::ModelStatistics> versions;
  if (!named.version.empty()) {
    GH_TRY(const ServedModel* const one, choose_version(models, *model, named.version));
    versions.push_back(statistics_of(*one));
  } else {
    for (const ServedModel* one : models.all()) {
      if (one->name == model->name && (one == model || one->counts->figures().last_ms > 0)) versions.push_back(statistics_of(*one));
    }
  }
  return statistics_answer(versions);
}

net::Response all_statistics(const ServedModels& models) {
  std::vector<wire::ModelStatistics> all;
  for (const ServedModel* model : models.all()) {
    if (!model->makes_tokens()) all.push_back(statistics_of(*model));
  }
  return statistics_answer(all);
}

}  // namespace

Result<net::Response> oip_answer(const OipQuestion& question, const ServedModels& models, std::string_view version) {
  switch (question.match.route->action) {
    case Action::oip_server:
      return server_answer(version);
    case Action::oip_live:
      return oip_response(200, R"({"live":true})");
    case Action::oip_ready:
      return ready_answer(!question.draining && models.required_ready());
    case Action::oip_model: {
      GH_TRY(const ServedModel* const model, model_asked_for(question, models));
      return model_answer(*model, models);
    }
    case Action::oip_model_ready: {
      GH_TRY(const ServedModel* const model, model_asked_for(question, models));
      return model_ready_answer(*model);
    }
    case Action::oip_stats:
      return one_models_statistics(question, models);
    case Action::oip_all_stats:
      return all_statistics(models);
    default:
      return internal_error("route_without_answer", "another's route came to those of the Open Inference Protocol");
  }
}

}  // namespace gatehouse::gateway
