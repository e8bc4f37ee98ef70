#include <algorithm>
#include <array>

#include "admin/route_rows.h"
#include "gatehouse/gateway/route.h"
#include "gatehouse/wire/anthropic/messages.h"
#include "gatehouse/wire/anthropic/replies.h"
#include "gatehouse/wire/llm/generate.h"
#include "gatehouse/wire/llm/replies.h"
#include "gatehouse/wire/nlu/decisions.h"
#include "gatehouse/wire/nlu/replies.h"
#include "gatehouse/wire/nlu/requests.h"
#include "gatehouse/wire/oip/generate.h"
#include "gatehouse/wire/oip/infer.h"
#include "gatehouse/wire/oip/metadata.h"
#include "gatehouse/wire/oip/repository.h"
#include "gatehouse/wire/openai/chat.h"
#include "gatehouse/wire/openai/completion.h"
#include "gatehouse/wire/openai/embeddings.h"
#include "gatehouse/wire/openai/replies.h"
#include "gatehouse/wire/openai/rerank.h"
#include "gatehouse/wire/predict/predict.h"
#include "gatehouse/wire/tfserving/predict.h"
#include "schemas.h"

namespace gatehouse::gateway {
namespace {

using identity::Scope;
using wire::Method;
constexpr std::optional<Scope> open_to_all;

constexpr BodySize no_body = BodySize::none;
constexpr seconds probe_time{10}, small_time{30}, model_time{600};

constexpr Route probe(std::string_view path, Action action, std::string_view summary, SchemaFn reply) {
  Route route{Method::get, path, action, open_to_all, Dialect::api, no_body, probe_time, "health", summary, nullptr, reply};
  route.probe = true;
  return route;
}

constexpr Route page(std::string_view path, Action action, std::string_view summary) {
  Route route{Method::get, path, action, open_to_all, Dialect::api, no_body, small_time, "about", summary, nullptr, nullptr};
  route.page = true;
  return route;
}

constexpr Route welcoming(Route route) {
  route.welcomes = true;
  return route;
}

constexpr Route key_only(Route route) {
  route.key_only = true;
  return route;
}

// Not in the OpenAPI document, and no limit of addresses counts it.
constexpr Route hidden(Route route) {
  route.page = true;
  return route;
}

// Read by nobody: there is one version of it so far.
constexpr wire::OpenApiParameter anthropic_version{"anthropic-version", "header",
                                                   "the version of the dialect, such as 2023-06-01; any is taken", R"({"type":"string"})"};
constexpr wire::OpenApiParameter once{
    "Idempotency-Key", "header",
    "whoever asks again with it within a day is told the first answer (Idempotency-Replayed: true), and pays nothing",
    R"({"type":"string","minLength":1,"maxLength":255,"pattern":"^[!-~]([ -~]*[!-~])?$"})"};
constexpr wire::OpenApiParameter explained{"explain", "query", "whether to say, too, what each feature did: of models of trees",
                                           R"({"type":"boolean","default":false})"};
constexpr std::array anthropic_parameters{anthropic_version};
constexpr std::array call_parameters{once};
constexpr std::array message_parameters{anthropic_version, once};
constexpr std::array predict_parameters{explained, once};

// A call of a model. What is generated can be asked for again, and /predict; tensors are computed anew.
constexpr Route call(Route route) {
  route.audit = AuditClass::each;
  if (route.parameters.empty() && route.needs == Scope::llm) route.parameters = call_parameters;
  return route;
}

constexpr Route oip(Route route) {
  route.dialect = Dialect::oip;
  return route;
}

constexpr Route about_model(std::string_view path, Action action, std::string_view summary, SchemaFn reply) {
  return {Method::get, path, action, Scope::predict, Dialect::oip, no_body, small_time, "inference", summary, nullptr, reply};
}

constexpr wire::OpenApiParameter header_length{wire::header_length_field, "header",
                                               "the length of the JSON at the body's beginning, where bytes of tensors follow it",
                                               R"({"type":"integer","minimum":0})"};
constexpr std::array infer_parameters{header_length};

constexpr Route infer_route(std::string_view path) {
  Route route{Method::post,
              path,
              Action::infer,
              Scope::predict,
              Dialect::oip,
              BodySize::v1,
              model_time,
              "inference",
              "What a model makes of tensors",
              &wire::infer_request_schema,
              &wire::infer_reply_schema};
  route.parameters = infer_parameters;
  return call(route);
}

constexpr Route generate_route(std::string_view path, Action action, std::string_view summary) {
  const SchemaFn whole = action == Action::oip_generate ? &wire::oip_generated_schema : nullptr;
  return call({Method::post, path, action, Scope::llm, Dialect::oip, BodySize::v1, model_time, "llm", summary,
               &wire::oip_generate_request_schema, whole});
}

constexpr Route tensor_predict_route(std::string_view path) {
  return call({Method::post, path, Action::tensor_predict, Scope::predict, Dialect::openai, BodySize::v1, model_time, "inference",
               "What a model makes of rows, in TensorFlow Serving's form", &wire::tensor_predict_request_schema,
               &wire::tensor_predict_reply_schema});
}

constexpr Route statistics(std::string_view path, Action action, std::string_view summary) {
  return {Method::get,      path,    action,  Scope::platform_admin,   Dialect::oip, no_body, small_time,
          "administration", summary, nullptr, &wire::statistics_schema};
}

constexpr Route repository(std::string_view path, Action action, std::string_view summary, SchemaFn request, SchemaFn reply) {
  Route route = oip(or_empty(operators(Method::post, path, action, summary, request)));
  route.response = reply;
  route.deadline = model_time;
  return route;
}

// clang-format off
constexpr std::array common_rows{
    Route{Method::get, "/", Action::root, open_to_all, Dialect::api, no_body, small_time, "about", "That it is up", nullptr, &root_schema},
    Route{Method::get, "/version", Action::version, open_to_all, Dialect::api, no_body, small_time, "about", "Version and build", nullptr, &version_schema},
    welcoming(Route{Method::get, "/openapi.json", Action::openapi, open_to_all, Dialect::api, no_body, small_time, "about", "This interface as an OpenAPI 3.1 document; with a credential, what the models take that it may use, too", nullptr, &any_object_schema}),
    page("/docs", Action::docs, "This interface, to try out"),
    page("/docs/static/{file}", Action::docs_file, "What the pages are made of"),
    page("/redoc", Action::redoc, "This interface, to read"),
    page("/nlu", Action::nlu_page, "Chinese by schema, to try out"),
    probe("/healthz", Action::liveness, "Liveness", &status_schema),
    probe("/readyz", Action::readiness, "Readiness: not draining, required models ready", &status_schema),
    probe("/startupz", Action::startup, "Startup: required models ready, or failed for good", &status_schema),
    probe("/health", Action::readiness, "Readiness", &status_schema),
    probe("/api/health/ping", Action::health_ping, "That it answers", &status_schema),
    probe("/api/health/status", Action::health_status, "The last self-test of the language model", &health_status_schema),
    probe("/api/health/liveness", Action::liveness, "Liveness", &status_schema),
    probe("/api/health/readiness", Action::readiness, "Readiness", &status_schema),
    probe("/api/health/startup", Action::startup, "Startup", &status_schema),
    Route{Method::get, "/v1/models", Action::list_models, Scope::llm, Dialect::openai, no_body, small_time, "models", "The models that you may use", nullptr, &wire::model_list_schema},
    Route{Method::get, "/v1/models/{model}", Action::get_model, Scope::llm, Dialect::openai, no_body, small_time, "models", "One model", nullptr, &wire::model_schema},
    call(Route{Method::post, "/v1/chat/completions", Action::chat, Scope::llm, Dialect::openai, BodySize::v1, model_time, "llm", "Answers a conversation", &wire::chat_request_schema, &wire::chat_completion_schema}),
    call(Route{Method::post, "/v1/completions", Action::completion, Scope::llm, Dialect::openai, BodySize::v1, model_time, "llm", "Continues a text", &wire::completion_request_schema, &wire::text_completion_schema}),
    call(asked_with(message_parameters, Route{Method::post, "/v1/messages", Action::messages, Scope::llm, Dialect::anthropic, BodySize::v1, model_time, "llm", "Answers a conversation, in Anthropic's dialect", &wire::messages_request_schema, &wire::message_schema})),
    asked_with(anthropic_parameters, Route{Method::post, "/v1/messages/count_tokens", Action::count_tokens, Scope::llm, Dialect::anthropic, BodySize::v1, model_time, "llm", "How many tokens a conversation has", &wire::count_tokens_request_schema, &wire::token_count_schema}),
    call(Route{Method::post, "/api/llm/generate", Action::llm_generate, Scope::llm, Dialect::api, BodySize::api, model_time, "llm", "Continues a text", &wire::generate_request_schema, &wire::generate_reply_schema}),
    call(key_only(Route{Method::post, "/api/llm/generate/api-key", Action::llm_generate, Scope::llm, Dialect::api, BodySize::api, model_time, "llm", "Continues a text; takes an API key and nothing else", &wire::generate_request_schema, &wire::generate_reply_schema})),
    call(asked_with(predict_parameters, Route{Method::post, "/predict", Action::predict, Scope::predict, Dialect::api, BodySize::api, model_time, "predict", "What a tabular model makes of one row or several", &wire::predict_request_schema, &wire::predict_reply_schema})),
    call(Route{Method::post, "/api/predict", Action::nlu_predict, Scope::nlu, Dialect::api, BodySize::api, model_time, "nlu", "What a schema asks for, found in a Chinese text", &wire::nlu_predict_request_schema, &wire::nlu_predict_reply_schema}),
    call(Route{Method::post, "/v1/nlu/extract", Action::nlu_extract, Scope::nlu, Dialect::openai, BodySize::v1, model_time, "nlu", "The same, with scores, labels, units of offsets and forms of the answer", &wire::nlu_extract_request_schema, &wire::nlu_extract_reply_schema}),
    call(Route{Method::post, "/v1/decisions", Action::nlu_decide, Scope::nlu, Dialect::openai, BodySize::v1, model_time, "nlu", "Questions about a text whose answers are known beforehand, and how likely each is", &wire::decisions_request_schema, &wire::decisions_reply_schema}),
    call(Route{Method::post, "/v1/embeddings", Action::embeddings, Scope::embeddings, Dialect::openai, BodySize::v1, model_time, "embeddings", "A vector for each of several texts", &wire::embeddings_request_schema, &wire::embeddings_reply_schema}),
    call(Route{Method::post, "/v1/rerank", Action::rerank, Scope::rerank, Dialect::openai, BodySize::v1, model_time, "embeddings", "How well each of several texts answers a query, the best first", &wire::rerank_request_schema, &wire::rerank_reply_schema}),
    Route{Method::get, "/v2", Action::oip_server, open_to_all, Dialect::oip, no_body, small_time, "inference", "What this server is, and what it can beside the protocol", nullptr, &wire::server_metadata_schema},
    oip(probe("/v2/health/live", Action::oip_live, "Liveness", &wire::oip_live_schema)),
    oip(probe("/v2/health/ready", Action::oip_ready, "Readiness: not draining, required models ready", &wire::oip_ready_schema)),
    statistics("/v2/models/stats", Action::oip_all_stats, "What models have computed since the start"),
    statistics("/v2/models/{name}/stats", Action::oip_stats, "What a model has computed since the start"),
    statistics("/v2/models/{name}/versions/{version}/stats", Action::oip_stats, "What a version of a model has computed since the start"),
    repository("/v2/repository/index", Action::repository_index, "Models and their states", &wire::repository_index_request_schema, &wire::repository_index_schema),
    repository("/v2/repository/models/{name}/load", Action::repository_load, "Loads a model; the answer comes when it is there", &wire::repository_change_schema, &any_object_schema),
    repository("/v2/repository/models/{name}/unload", Action::repository_unload, "Puts a model away; running answers are finished", &wire::repository_change_schema, &any_object_schema),
    repository("/v2/repository/models/{name}/versions/{version}/load", Action::repository_load, "Loads a version of a model beside the others", &wire::repository_change_schema, &any_object_schema),
    repository("/v2/repository/models/{name}/versions/{version}/unload", Action::repository_unload, "Puts a version of a model away", &wire::repository_change_schema, &any_object_schema),
    about_model("/v2/models/{model}", Action::oip_model, "What a model takes and gives", &wire::model_metadata_schema),
    about_model("/v2/models/{model}/versions/{version}", Action::oip_model, "What a version of a model takes and gives", &wire::model_metadata_schema),
    about_model("/v2/models/{model}/ready", Action::oip_model_ready, "Whether a model answers", &wire::model_ready_schema),
    about_model("/v2/models/{model}/versions/{version}/ready", Action::oip_model_ready, "Whether a version of a model answers", &wire::model_ready_schema),
    generate_route("/v2/models/{model}/generate", Action::oip_generate, "Continues a text, in the Open Inference Protocol's form"),
    generate_route("/v2/models/{model}/versions/{version}/generate", Action::oip_generate, "Continues a text by a version of a model"),
    generate_route("/v2/models/{model}/generate_stream", Action::oip_generate_stream, "The same, piece by piece as it is made"),
    generate_route("/v2/models/{model}/versions/{version}/generate_stream", Action::oip_generate_stream, "The same by a version of a model"),
    tensor_predict_route("/v1/models/{model}:predict"),
    tensor_predict_route("/v1/models/{model}/versions/{version}:predict"),
    infer_route("/v2/models/{model}/infer"),
    infer_route("/v2/models/{model}/versions/{version}/infer"),
};

constexpr std::array hook_table{
    hidden(Route{Method::post, "/api/echo", Action::echo, Scope::llm, Dialect::api, BodySize::api, small_time, "test", "Says it again, within the limits of a call of a model", nullptr, nullptr}),
    hidden(Route{Method::post, "/api/echo/plain", Action::echo_plain, open_to_all, Dialect::api, BodySize::api, small_time, "test", "Says it again", nullptr, nullptr}),
};

constexpr std::array operation_table{
    Route{Method::get, "/metrics", Action::metrics, open_to_all, Dialect::api, no_body, small_time, "operation", "Prometheus metrics", nullptr, nullptr},
    probe("/healthz", Action::liveness, "Liveness", &status_schema),
    probe("/readyz", Action::readiness, "Readiness", &status_schema),
};
// clang-format on

template <std::size_t A, std::size_t B>
constexpr std::array<Route, A + B> joined(const std::array<Route, A>& a, const std::array<Route, B>& b) {
  return [&]<std::size_t... i, std::size_t... j>(std::index_sequence<i...>, std::index_sequence<j...>) {
    return std::array<Route, A + B>{a[i]..., b[j]...};
  }(std::make_index_sequence<A>(), std::make_index_sequence<B>());
}

constexpr auto public_table = joined(joined(common_rows, people_rows), operator_rows);
constexpr auto admin_table = joined(operation_table, operator_rows);

// /api/v1/… is another name of /api/…, for the rest of the path as it stands.
constexpr std::string_view long_prefix = "/api/v1/";

// The path itself, or below it.
bool within(std::string_view path, std::string_view root) {
  return path.starts_with(root) && (path.size() == root.size() || path[root.size()] == '/');
}

struct Fit {
  bool matches;
  std::array<std::string_view, 2> parameters;
};

// What is asked of a model, as a part of its segment; no name ends so.
constexpr std::string_view verb = ":predict";

Fit match_path(std::string_view pattern, std::string_view path) {
  constexpr Fit none{false, {}};
  Fit fit{true, {}};
  for (std::size_t found = 0; found < fit.parameters.size(); ++found) {
    const std::size_t brace = pattern.find('{');
    if (brace == std::string_view::npos) break;
    if (!path.starts_with(pattern.substr(0, brace))) return none;
    path.remove_prefix(brace);
    pattern.remove_prefix(pattern.find('}') + 1);
    // What the segment ends with behind the braces.
    const std::string_view behind = pattern.substr(0, std::min(pattern.find('/'), pattern.size()));
    const std::string_view segment = path.substr(0, std::min(path.find('/'), path.size()));
    if (segment.size() <= behind.size() || !segment.ends_with(behind)) return none;
    if (behind.empty() && segment.ends_with(verb)) return none;
    fit.parameters[found] = segment.substr(0, segment.size() - behind.size());
    path.remove_prefix(segment.size());
    pattern.remove_prefix(behind.size());
  }
  return pattern == path ? fit : none;
}

// Of most routes their length, or what stands in front of their braces, says that they are others.
bool may_fit(const Route& route, std::string_view path) {
  const bool is_whole = route.fixed == route.path.size();
  if (is_whole ? path.size() != route.fixed : path.size() <= route.fixed) return false;
  return route.fixed == 0 || (path[route.fixed - 1] == route.path[route.fixed - 1] && path.starts_with(route.path.substr(0, route.fixed)));
}

void add_method(std::string& allow, Method method) {
  const std::string_view name = to_string(method);
  allow.append(allow.empty() ? "" : ", ").append(name);
  if (method == Method::get) allow.append(", HEAD");
}

}  // namespace

std::span<const Route> public_routes() { return public_table; }
std::span<const Route> admin_routes() { return admin_table; }
std::span<const Route> control_routes() { return operator_rows; }
std::span<const Route> hook_routes() { return hook_table; }

Dialect dialect_of(std::string_view path) {
  if (within(path, "/v1")) return within(path, "/v1/messages") ? Dialect::anthropic : Dialect::openai;
  if (within(path, "/v2")) return Dialect::oip;
  return within(path, "/oauth2") || within(path, "/token") ? Dialect::oauth : Dialect::api;
}

RouteMatch find_route(std::span<const Route> routes, Method method, std::string_view path) {
  RouteMatch match;
  match.dialect = dialect_of(path);
  std::string shorter;
  std::string_view known = path;
  if (path.starts_with(long_prefix)) known = shorter.append("/api/").append(path.substr(long_prefix.size()));
  for (const Route& route : routes) {
    if (!may_fit(route, known)) continue;
    const Fit fit = match_path(route.path, known);
    if (!fit.matches) continue;
    if (route.method != method && !(method == Method::head && route.method == Method::get)) {
      add_method(match.allow, route.method);
      continue;
    }
    match.route = &route;
    // In the path as it was given, which may be the longer one.
    const auto as_given = [&](std::string_view part) {
      if (part.empty()) return part;
      return path.substr(static_cast<std::size_t>(part.data() - known.data()) + path.size() - known.size(), part.size());
    };
    match.parameter = as_given(fit.parameters[0]);
    match.second = as_given(fit.parameters[1]);
    return match;
  }
  return match;
}

}  // namespace gatehouse::gateway
