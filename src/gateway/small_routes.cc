#include "small_routes.h"

#include <utility>
#include <vector>

#include "gatehouse/gateway/gateway.h"
#include "gatehouse/wire/form/form.h"
#include "gatehouse/wire/json/writer.h"
#include "gatehouse/wire/openai/replies.h"
#include "negotiation.h"
#include "oip_routes.h"
#include "pipeline.h"

namespace gatehouse::gateway {
namespace {

net::Response json_response(int status, std::string body) {
  net::Response response(status);
  response.body("application/json", std::move(body));
  return response;
}

net::Response pair_response(std::string_view first, std::string_view first_value, std::string_view second, std::string_view second_value) {
  std::string body;
  wire::JsonWriter(body).begin_object().member(first, first_value).member(second, second_value).end_object();
  return json_response(200, std::move(body));
}

net::Response probe_response(bool well, std::string_view otherwise) {
  std::string body;
  wire::JsonWriter(body).begin_object().member("status", well ? std::string_view("ok") : otherwise).end_object();
  net::Response response = json_response(well ? 200 : 503, std::move(body));
  if (!well) response.field("Retry-After", "1");
  return response;
}

wire::ModelObject object_of(const ServedModel& model) {
  wire::ModelObject object;
  object.id = model.name;
  object.created = model.created;
  object.owned_by = "gatehouse";
  object.state = to_string(model.life());
  return object;
}

}  // namespace

SmallRoutes::SmallRoutes(const ServedModels& models, telemetry::Metrics& metrics, SmallFacts facts)
    : models_(models),
      metrics_(metrics),
      facts_(std::move(facts)),
      openapi_(models, InterfaceFacts{facts_.title, facts_.version, facts_.models}) {}

Result<net::Response> SmallRoutes::answer(const RouteMatch& match, const wire::RequestHead& head, const identity::Principal* who,
                                          bool draining) const {
  const Action action = match.route->action;
  const std::string_view parameter = match.parameter;
  if (tells_of_oip(action)) return oip_answer({match, who, draining}, models_, facts_.version);
  switch (action) {
    case Action::root:
      return root(head);
    case Action::version:
      return pair_response("version", facts_.version, "build", facts_.build);
    case Action::liveness:
      return probe_response(true, {});
    case Action::readiness:
      if (draining) return probe_response(false, "draining");
      return probe_response(models_.required_ready(), models_.required_failed() ? "model failed" : "model not ready");
    case Action::startup:
      return probe_response(models_.settled(), "starting");
    case Action::health_ping: {
      return json_response(200, R"({"status":"healthy"})");
    }
    case Action::health_status:
      return health_status();
    case Action::docs:
    case Action::redoc:
    case Action::nlu_page:
    case Action::docs_file:
      return documentation(action, parameter, head);
    case Action::list_models:
      return list_models(*who);
    case Action::get_model:
      return get_model(parameter, *who);
    case Action::metrics: {
      net::Response response(200);
      response.body(telemetry::Metrics::content_type, metrics_.scrape());
      return response;
    }
    default:
      break;
  }
  return internal_error("route_without_answer", "another's route came to the small routes");
}

Task<net::Response> SmallRoutes::document(Reactor& reactor, const wire::RequestHead& head, const identity::Principal* who) const {
  const InterfaceDocument::FilePtr file = co_await openapi_.current(reactor, who);
  co_return file->response(head, who == nullptr ? Readers::all : Readers::one);
}

Result<net::Response> SmallRoutes::documentation(Action action, std::string_view parameter, const wire::RequestHead& head) const {
  if (action == Action::docs) return docs_page(head);
  if (action == Action::redoc) return redoc_page(head);
  if (action == Action::nlu_page) return nlu_page(head);
  return docs_file(parameter, head);
}

net::Response SmallRoutes::root(const wire::RequestHead& head) const {
  if (!facts_.home.empty() && wants_page(head)) {
    net::Response response(303);
    response.field("Location", facts_.home);
    return response;
  }
  return pair_response("message", "Gatehouse is running", "version", facts_.version);
}

net::Response SmallRoutes::health_status() const {
  const ServedModel* model = models_.language_model({});
  const bool well = model != nullptr && model->engine->available();
  std::string body;
  wire::JsonWriter json(body);
  json.begin_object().member("service", "gatehouse").member("status", "running").key("llm_service").begin_object();
  json.member("status", well ? "healthy" : "unhealthy");
  if (model != nullptr) json.member("model", model->name);
  if (well) {
    json.member("response_time", "fast");
  } else {
    json.member("reason", model == nullptr ? "no model" : "model not ready");
  }
  json.end_object().end_object();
  return json_response(200, std::move(body));
}

net::Response SmallRoutes::list_models(const identity::Principal& who) const {
  std::vector<wire::ModelObject> objects;
  for (const ServedModel* model : models_.answering()) {
    if (may_use(who, *model)) objects.push_back(object_of(*model));
  }
  std::string body;
  wire::write_model_list(body, objects);
  return json_response(200, std::move(body));
}

Result<net::Response> SmallRoutes::get_model(std::string_view parameter, const identity::Principal& who) const {
  const std::string name = wire::unescape_segment(parameter).value_or("");
  if (name.empty()) return model_not_found(name);
  GH_TRY(const ServedModel* const model, choose_any_model(models_, who, name));
  std::string body;
  wire::write_model(body, object_of(*model));
  return json_response(200, std::move(body));
}

}  // namespace gatehouse::gateway
