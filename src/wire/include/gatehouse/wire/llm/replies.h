// wire/llm/replies.h — what /api answers: a whole generation, its stream events, and the error object of every /api route.
// Rules    events are whole ("data: …\n\n"); the last one of a stream carries finish_reason and usage, [DONE] follows
// Threads  a GenerateChunks belongs to one of the answers; all else are pure functions that append to out
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "gatehouse/base/error.h"
#include "gatehouse/wire/json/writer.h"
#include "gatehouse/wire/llm/usage.h"

namespace gatehouse::wire {

void write_generate_reply(std::string& out, const WholeAnswer& answer);
void generate_reply_schema(JsonWriter& w);
void generate_event_schema(JsonWriter& w);

class GenerateChunks {
 public:
  explicit GenerateChunks(const AnswerHead& head, std::uint32_t index = 0);
  void text(std::string& out, std::string_view piece) const;
  struct Finish {
    std::string_view reason;
    std::string_view why = {};  // the stop_reason; empty: none
  };
  void end(std::string& out, std::string_view reason, std::string_view why = {}) const;  // while others go on
  void finish(std::string& out, const Finish& finish, const TokenUsage& usage) const;

 private:
  void put_end(std::string& out, std::string_view reason, std::string_view why) const;
  std::string prefix_;  // up to the text
  std::string index_;   // behind it, up to the reason
};

// {"error":{"code":429,"message","type","param","request_id"[,"details":[{path,message,expected}]]}}; an empty param is null.
struct ApiError {
  int status = 500;
  std::string_view message, type, param, request_id;
  std::span<const FieldFault> details = {};
};
void write_api_error(std::string& out, const ApiError& error);
void api_error_schema(JsonWriter& w);

// Any JSON as one event: an error after the first byte, say.
void append_event(std::string& out, std::string_view json);
// The last event of a stream that ended well.
void append_done_event(std::string& out);

}  // namespace gatehouse::wire
