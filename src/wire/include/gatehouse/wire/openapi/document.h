// wire/openapi/document.h — an OpenAPI 3.1 document from a list of what there is to call.
// Rules    paths in the order of their first entry; schemas stand where they are used, nothing is a $ref; a segment in braces is a
//          path parameter; one path must not have the same method twice
// Threads  pure function
// Source   OpenAPI Specification 3.1.0
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "gatehouse/wire/json/writer.h"

namespace gatehouse::wire {

// Writes one schema object.
using SchemaFn = void (*)(JsonWriter&);

enum class ErrorShape : std::uint8_t { api, openai, oip, oauth, anthropic };
// welcome: a credential may be shown, and need not.
enum class Access : std::uint8_t { open, welcome, credential, api_key };

// What may stand in the query or in a field of the head; a path's parameters are read from the path.
struct OpenApiParameter {
  std::string_view name, where;  // "query", "header"
  std::string_view doc, schema;  // a JSON Schema
};

struct OpenApiEntry {
  std::string_view method;  // POST
  std::string_view path;    // /v1/models/{model}
  std::string_view tag, summary;
  std::string_view id = {};            // of the operation; empty: made of method and path
  SchemaFn request = nullptr;          // null: no body
  std::string_view request_text = {};  // the schema in its place; empty: it writes its own
  std::string_view examples = {};      // of the body, by name, as OpenAPI has them; empty: none
  SchemaFn response = nullptr;         // null: a reply that is no JSON
  int success = 200;                   // the status of what went well; 204 has no body
  bool form = false;                   // the body may come as a form, too
  bool body_optional = false;
  std::span<const OpenApiParameter> parameters = {};
  SchemaFn event = nullptr;  // of one event, where the reply may be a stream
  ErrorShape errors = ErrorShape::api;
  Access access = Access::credential;
};

struct OpenApiInfo {
  std::string_view title, version;
};

std::string openapi_document(std::span<const OpenApiEntry> entries, const OpenApiInfo& info);

}  // namespace gatehouse::wire
