#include <vector>

#include "gatehouse/gateway/gateway.h"
#include "gatehouse/gateway/route.h"
#include "gatehouse/wire/anthropic/replies.h"
#include "gatehouse/wire/llm/replies.h"
#include "gatehouse/wire/oip/generate.h"
#include "gatehouse/wire/openai/replies.h"
#include "gatehouse/wire/openapi/document.h"

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
  if (route.open()) return wire::Access::open;
  return route.key_only ? wire::Access::api_key : wire::Access::credential;
}

}  // namespace

std::string openapi_document(std::string_view title, std::string_view version) {
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
  return wire::openapi_document(entries, {title, version});
}

}  // namespace gatehouse::gateway
