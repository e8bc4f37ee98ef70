#include <vector>

#include "gatehouse/gateway/gateway.h"
#include "gatehouse/gateway/route.h"
#include "gatehouse/wire/anthropic/replies.h"
#include "gatehouse/wire/llm/replies.h"
#include "gatehouse/wire/oip/generate.h"
#include "gatehouse/wire/openai/replies.h"
#include "gatehouse/wire/openapi/document.h"
#include "openapi_entries.h"

namespace gatehouse::gateway {
namespace {

SchemaFn event_schema(Action action) {
  switch (action) {
    case Action::chat:
      return &wire::chat_chunk_schema;
    case Action::completion:
      return &wire::text_chunk_schema;
    case Action::llm_generate:
      return &wire::generate_event_schema;
    case Action::messages:
      return &wire::message_event_schema;
    case Action::oip_generate_stream:
      return &wire::oip_generated_schema;
    default:
      return nullptr;
  }
}

wire::ErrorShape shape_of(Dialect dialect) {
  switch (dialect) {
    case Dialect::openai:
      return wire::ErrorShape::openai;
    case Dialect::oip:
      return wire::ErrorShape::oip;
    case Dialect::oauth:
      return wire::ErrorShape::oauth;
    case Dialect::anthropic:
      return wire::ErrorShape::anthropic;
    case Dialect::api:
      break;
  }
  return wire::ErrorShape::api;
}

wire::Access access_of(const Route& route) {
  if (route.open()) return route.welcomes ? wire::Access::welcome : wire::Access::open;
  return route.key_only ? wire::Access::api_key : wire::Access::credential;
}

constexpr std::string_view place_of_model = "{model}";

std::string with_model(std::string_view path, std::string_view name) {
  const std::size_t at = path.find(place_of_model);
  return std::string(path.substr(0, at)).append(name).append(path.substr(at + place_of_model.size()));
}

void append_part(std::string& list, const std::string& part) { list.append(list.empty() ? "" : ",").append(part); }

// Names of models need no escapes.
std::string example_named(std::string_view name, const std::string& value) {
  return "\"" + std::string(name) + R"(":{"value":)" + value + "}";
}

}  // namespace

std::vector<wire::OpenApiEntry> openapi_entries() {
  std::vector<wire::OpenApiEntry> entries;
  for (const Route& route : public_routes()) {
    if (route.page) continue;
    wire::OpenApiEntry entry;
    entry.method = to_string(route.method);
    entry.path = route.path;
    entry.tag = route.tag;
    entry.summary = route.summary;
    entry.request = route.request;
    entry.response = route.response;
    entry.event = event_schema(route.action);
    entry.success = route.success;
    entry.form = route.form;
    entry.body_optional = route.body_optional;
    entry.parameters = route.parameters;
    entry.errors = shape_of(route.dialect);
    entry.access = access_of(route);
    entries.push_back(entry);
  }
  return entries;
}

void ModelEntries::add(const ModelFacts& model) {
  const BodyWords row = predict_body(model);
  if (!row.schema.empty()) append_part(schemas_, row.schema);
  if (!row.example.empty()) append_part(examples_, example_named(model.name, row.example));
  add_route(model, "/v1/models/{model}:predict", "predict_", tensor_predict_body(model));
  add_route(model, "/v2/models/{model}/infer", "infer_", infer_body(model));
}

void ModelEntries::add_route(const ModelFacts& model, std::string_view path, std::string_view id, BodyWords body) {
  if (body.schema.empty()) return;
  const auto found = std::ranges::find(entries_, path, &wire::OpenApiEntry::path);
  wire::OpenApiEntry entry = *found;
  entry.path = keep(with_model(path, model.name));
  entry.id = keep(std::string(id).append(model.name));
  entry.summary = keep(std::string(entry.summary).append(": ").append(model.name));
  entry.request_text = keep(std::move(body.schema));
  if (!body.example.empty()) entry.examples = keep("{" + example_named(model.name, body.example) + "}");
  entries_.push_back(entry);
}

void ModelEntries::finish() {
  if (schemas_.empty()) return;
  wire::OpenApiEntry& entry = *std::ranges::find(entries_, "/predict", &wire::OpenApiEntry::path);
  entry.request_text = keep(R"({"anyOf":[)" + schemas_ + "]}");
  if (!examples_.empty()) entry.examples = keep("{" + examples_ + "}");
}

std::string openapi_document(std::string_view title, std::string_view version) {
  return wire::openapi_document(openapi_entries(), {title, version});
}

}  // namespace gatehouse::gateway
