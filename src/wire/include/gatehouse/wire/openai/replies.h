// wire/openai/replies.h — what /v1 answers: completions whole and in chunks, models, errors.
// Rules    chunks are whole events ("data: …\n\n"), same id, created and model on each; with StreamUsage::include every chunk before
//          the usage chunk carries "usage":null. append_done_event (wire/llm/replies.h) ends a stream.
// Threads  a …Chunks belongs to one of the answers to a prompt; all else are pure functions that append to out
// Source   openai-openapi
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "gatehouse/wire/json/writer.h"
#include "gatehouse/wire/llm/usage.h"

namespace gatehouse::wire {

enum class StreamUsage : std::uint8_t { omit, include };
constexpr StreamUsage stream_usage(bool asked_for) { return asked_for ? StreamUsage::include : StreamUsage::omit; }

void write_chat_completion(std::string& out, const WholeAnswer& answer);
void chat_completion_schema(JsonWriter& w);
void chat_chunk_schema(JsonWriter& w);

// Only the piece is escaped per call; all around it is made once.
class ChatChunks {
 public:
  ChatChunks(const AnswerHead& head, StreamUsage usage, std::uint32_t index = 0);
  void role(std::string& out) const;  // first
  void text(std::string& out, std::string_view piece) const;
  // With what is said of its tokens; the piece may be empty.
  void scored_text(std::string& out, std::string_view piece, std::string_view logprobs) const;
  // A call of a tool begins; its arguments come behind it, in pieces.
  struct StreamedCall {
    std::uint32_t index = 0;  // among those of the answer
    std::string_view id, name;
  };
  void call(std::string& out, const StreamedCall& call) const;
  void arguments(std::string& out, std::uint32_t index, std::string_view piece) const;
  // why: the stop_reason; empty: none.
  void finish(std::string& out, std::string_view reason, std::string_view why = {}) const;
  void usage(std::string& out, const TokenUsage& usage) const;  // last, and only where it is included

 private:
  std::string prefix_;  // up to the list of choices
  std::string delta_;   // and up to what the delta holds
  std::string text_prefix_, text_suffix_;
  std::string_view end_;  // of an event, from the end of its choices
};

void write_text_completion(std::string& out, const WholeAnswer& answer);
void text_completion_schema(JsonWriter& w);
void text_chunk_schema(JsonWriter& w);

class TextChunks {
 public:
  TextChunks(const AnswerHead& head, StreamUsage usage, std::uint32_t index = 0);
  void text(std::string& out, std::string_view piece) const;
  void scored_text(std::string& out, std::string_view piece, std::string_view logprobs) const;
  void finish(std::string& out, std::string_view reason, std::string_view why = {}) const;
  void usage(std::string& out, const TokenUsage& usage) const;

 private:
  std::string prefix_;
  std::string index_;  // behind the text, up to the logprobs
  std::string text_prefix_, text_suffix_;
  std::string_view end_;
};

struct ModelObject {
  std::string_view id;
  std::int64_t created = 0;  // unix seconds
  std::string_view owned_by;
  std::string_view state;  // declared, loading, ready, draining, gone or failed: ours, beside what the dialect has
};
void write_model(std::string& out, const ModelObject& model);
void write_model_list(std::string& out, std::span<const ModelObject> models);
void model_schema(JsonWriter& w);
void model_list_schema(JsonWriter& w);

// {"error":{"message","type","param","code"}}: all four keys always, an empty param or code is null.
struct OpenAiError {
  std::string_view message, type, param, code;
};
void write_openai_error(std::string& out, const OpenAiError& error);
void openai_error_schema(JsonWriter& w);

}  // namespace gatehouse::wire
