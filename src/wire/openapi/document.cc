#include "gatehouse/wire/openapi/document.h"

#include <algorithm>
#include <vector>

#include "gatehouse/base/words.h"
#include "gatehouse/wire/anthropic/replies.h"
#include "gatehouse/wire/error_shapes.h"
#include "gatehouse/wire/llm/replies.h"
#include "gatehouse/wire/openai/replies.h"

namespace gatehouse::wire {
namespace {

// POST /v1/chat/completions → post_v1_chat_completions
std::string operation_id(const OpenApiEntry& entry) {
  if (!entry.id.empty()) return std::string(entry.id);
  std::string out = lower_word(entry.method);
  for (const char c : entry.path) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (plain) {
      out.push_back(c);
    } else if (out.back() != '_') {
      out.push_back('_');
    }
  }
  while (out.back() == '_') out.pop_back();
  return out;
}

void write_parameters(JsonWriter& w, const OpenApiEntry& entry) {
  const std::string_view path = entry.path;
  if (path.find('{') == std::string_view::npos && entry.parameters.empty()) return;
  w.key("parameters").begin_list();
  for (std::size_t open = path.find('{'); open != std::string_view::npos; open = path.find('{', open + 1)) {
    const std::size_t close = std::min(path.find('}', open), path.size());
    w.begin_object().member("name", path.substr(open + 1, close - open - 1)).member("in", "path").member("required", true);
    w.member_raw("schema", R"({"type":"string","minLength":1,"maxLength":200,"pattern":"^[^\\u0000]+$"})").end_object();
  }
  for (const OpenApiParameter& one : entry.parameters) {
    w.begin_object().member("name", one.name).member("in", one.where).member("description", one.doc);
    w.member_raw("schema", one.schema).end_object();
  }
  w.end_list();
}

void write_content(JsonWriter& w, std::string_view media_type, SchemaFn schema) {
  w.key(media_type).begin_object().key("schema");
  schema(w);
  w.end_object();
}

void write_body(JsonWriter& w, std::string_view media_type, const OpenApiEntry& entry) {
  if (entry.request_text.empty()) return write_content(w, media_type, entry.request);
  w.key(media_type).begin_object().member_raw("schema", entry.request_text);
  if (!entry.examples.empty()) w.member_raw("examples", entry.examples);
  w.end_object();
}

// A stream is a sequence of events; what one holds is the event's data. Only Anthropic's have names, and no last [DONE].
void write_events(JsonWriter& w, SchemaFn data, bool named) {
  w.key("text/event-stream").begin_object().key("schema").begin_object().member("type", "object");
  w.key("properties").begin_object().key("data").begin_object().key("anyOf").begin_list();
  if (!named) w.raw(R"({"type":"string","enum":["[DONE]"]})");
  w.begin_object().member("type", "string").member("contentMediaType", "application/json").key("contentSchema");
  data(w);
  w.end_object().end_list().end_object();
  if (named) w.member_raw("event", R"({"type":"string"})");
  w.end_object().key("required").begin_list().value("data").end_list().end_object().end_object();
}

void write_success(JsonWriter& w, const OpenApiEntry& entry) {
  w.key(std::to_string(entry.success)).begin_object().member("description", "As asked");
  const bool has_body = entry.success != 204 && (entry.response != nullptr || entry.event != nullptr);
  if (has_body) {
    w.key("content").begin_object();
    if (entry.response != nullptr) write_content(w, "application/json", entry.response);
    if (entry.event != nullptr) write_events(w, entry.event, entry.errors == ErrorShape::anthropic);
    w.end_object();
  }
  w.end_object();
}

SchemaFn error_schema(ErrorShape shape) {
  switch (shape) {
    case ErrorShape::openai:
      return &openai_error_schema;
    case ErrorShape::oip:
      return &oip_error_schema;
    case ErrorShape::oauth:
      return &oauth_error_schema;
    case ErrorShape::anthropic:
      return &anthropic_error_schema;
    case ErrorShape::api:
      break;
  }
  return &api_error_schema;
}

void write_failure(JsonWriter& w, std::string_view status, std::string_view description, ErrorShape shape) {
  w.key(status).begin_object().member("description", description).key("content").begin_object();
  write_content(w, "application/json", error_schema(shape));
  w.end_object().end_object();
}

void write_responses(JsonWriter& w, const OpenApiEntry& entry) {
  w.key("responses").begin_object();
  write_success(w, entry);
  if (entry.request != nullptr) {
    write_failure(w, "400", entry.errors == ErrorShape::api ? "Not valid JSON" : "Not valid; every bad field is named", entry.errors);
    if (entry.errors == ErrorShape::api) write_failure(w, "422", "Breaks a rule; every bad field is named in details", entry.errors);
  }
  if (entry.access != Access::open) {
    write_failure(w, "401", "No valid credential", entry.errors);
    write_failure(w, "403", "The credential does not allow this", entry.errors);
  }
  if (entry.access == Access::credential || entry.access == Access::api_key) {
    write_failure(w, "429", "A limit is reached; Retry-After says when to come back", entry.errors);
  }
  write_failure(w, "default", "Any other error", entry.errors);
  w.end_object();
}

void write_security(JsonWriter& w, Access access) {
  w.key("security").begin_list();
  // A list of alternatives; an empty list undoes what holds for the whole document.
  if (access == Access::welcome) w.raw("{}");
  if (access == Access::welcome || access == Access::credential) w.raw(R"({"bearer":[]})").raw(R"({"password":[]})");
  if (access != Access::open) w.raw(R"({"X-API-Key":[]})").raw(R"({"api-key":[]})");
  w.end_list();
}

void write_operation(JsonWriter& w, const OpenApiEntry& entry) {
  w.key(lower_word(entry.method)).begin_object();
  w.key("tags").begin_list().value(entry.tag).end_list();
  w.member("summary", entry.summary);
  w.member("operationId", operation_id(entry));
  write_parameters(w, entry);
  if (entry.request != nullptr) {
    w.key("requestBody").begin_object().member("required", !entry.body_optional).key("content").begin_object();
    write_body(w, "application/json", entry);
    if (entry.form) write_body(w, "application/x-www-form-urlencoded", entry);
    w.end_object().end_object();
  }
  write_responses(w, entry);
  write_security(w, entry.access);
  w.end_object();
}

std::vector<std::string_view> distinct(std::span<const OpenApiEntry> entries, std::string_view OpenApiEntry::* what) {
  std::vector<std::string_view> out;
  for (const OpenApiEntry& entry : entries) {
    if (std::find(out.begin(), out.end(), entry.*what) == out.end()) out.push_back(entry.*what);
  }
  return out;
}

void write_components(JsonWriter& w) {
  w.key("components").begin_object().key("securitySchemes").begin_object();
  w.member_raw("bearer", R"({"type":"http","scheme":"bearer","description":"An access token or an API key"})");
  w.member_raw("password", R"({"type":"oauth2","description":"A user of this server. The client fields stay empty.",)"
                           R"("flows":{"password":{"tokenUrl":"/api/auth/login","scopes":{}}}})");
  w.member_raw("X-API-Key", R"({"type":"apiKey","in":"header","name":"X-API-Key"})");
  w.member_raw("api-key", R"({"type":"apiKey","in":"header","name":"api-key"})");
  w.end_object().end_object();
}

}  // namespace

std::string openapi_document(std::span<const OpenApiEntry> entries, const OpenApiInfo& info) {
  std::string out;
  JsonWriter w(out);
  w.begin_object().member("openapi", "3.1.0");
  w.key("info").begin_object().member("title", info.title).member("version", info.version).end_object();
  w.key("tags").begin_list();
  for (const std::string_view tag : distinct(entries, &OpenApiEntry::tag)) w.begin_object().member("name", tag).end_object();
  w.end_list();
  w.key("paths").begin_object();
  for (const std::string_view path : distinct(entries, &OpenApiEntry::path)) {
    w.key(path).begin_object();
    for (const OpenApiEntry& entry : entries) {
      if (entry.path == path) write_operation(w, entry);
    }
    w.end_object();
  }
  w.end_object();
  write_components(w);
  w.end_object();
  return out;
}

}  // namespace gatehouse::wire
