// wire/openai/rerank.h — POST /v1/rerank: how well each of several texts answers a query, the best first.
// Rules    scores lie between 0 and 1; of equal ones the earlier document comes first
// Limits   1 to 2,048 documents
// Threads  value types, pure functions
// Errors   as wire/json/fields.h
// Source   the form that Cohere's and Jina's clients share
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/base/result.h"
#include "gatehouse/wire/json/value.h"
#include "gatehouse/wire/json/writer.h"
#include "gatehouse/wire/llm/usage.h"

namespace gatehouse::wire {

// A text, or an object that holds one.
struct RerankDocument {
  std::string text;
};

struct RerankRequest {
  std::string model;  // empty: the only one, or the default
  std::string query;
  std::vector<RerankDocument> documents;
  std::optional<std::uint32_t> top_n;  // results; more than there are documents: all
  bool return_documents = false;
};

Result<RerankRequest> read_rerank_request(const JsonValue& body);
void rerank_request_schema(JsonWriter& json);

struct RerankReply {
  std::string_view model;
  std::span<const float> scores;  // one a document
  TokenUsage usage;
};
void write_rerank_reply(std::string& out, const RerankRequest& request, const RerankReply& reply);
void rerank_reply_schema(JsonWriter& json);

}  // namespace gatehouse::wire
