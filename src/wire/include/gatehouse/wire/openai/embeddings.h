// wire/openai/embeddings.h — POST /v1/embeddings: texts in, vectors out.
// Rules    base64: the vector's numbers as little-endian float32, one after the other; what the official clients ask for by themselves
// Limits   1 to 2,048 texts or lists of tokens, none of them empty
// Threads  value types, pure functions
// Errors   as wire/json/fields.h
// Source   openai-openapi, CreateEmbeddingRequest
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

// Of the two one is empty: texts, or what the model's own vocabulary makes of some.
struct EmbeddingInput {
  std::vector<std::string> texts;
  std::vector<std::vector<std::uint32_t>> token_lists;
  std::size_t size() const { return texts.size() + token_lists.size(); }
};

enum class EmbeddingForm : std::uint8_t { numbers, base64 };

struct EmbeddingsRequest {
  EmbeddingInput input;
  std::string model;  // empty: the default
  EmbeddingForm form = EmbeddingForm::numbers;
  std::optional<std::uint32_t> dimensions;  // fewer than the model's
};

Result<EmbeddingsRequest> read_embeddings_request(const JsonValue& body);
void embeddings_request_schema(JsonWriter& json);

struct EmbeddingsReply {
  std::string_view model;
  EmbeddingForm form = EmbeddingForm::numbers;
  std::size_t width = 0;          // of a vector
  std::span<const float> values;  // vector after vector
  TokenUsage usage;
};
void write_embeddings_reply(std::string& out, const EmbeddingsReply& reply);
void embeddings_reply_schema(JsonWriter& json);

}  // namespace gatehouse::wire
