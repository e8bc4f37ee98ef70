// wire/anthropic/replies.h — what /v1/messages answers: a message whole and in events, a count of tokens, errors.
// Rules    events are whole ("event: …\ndata: …\n\n"). A stream is message_start, content_block_start, ping, content_block_delta …,
//          content_block_stop, message_delta, message_stop; an error event ends it anywhere. input_tokens leaves out the cached ones, which
//          stand in cache_read_input_tokens; usage of message_delta is that of the whole answer
// Threads  a MessageEvents belongs to one answer; all else are pure functions that append to out
// Source   Anthropic API, "Create a Message", "Streaming Messages", "Errors"
#pragma once
#include <string>
#include <string_view>

#include "gatehouse/wire/json/writer.h"
#include "gatehouse/wire/llm/usage.h"

namespace gatehouse::wire {

// stop_reason is end_turn, max_tokens or stop_sequence; with the last, stop_sequence is the one that was met.
struct MessageEnd {
  std::string_view stop_reason;
  std::string_view stop_sequence = {};
  std::string_view why = {};  // the type of stop_details, where max_tokens does not say enough: "budget"; empty: none
};

void write_message(std::string& out, const AnswerHead& head, std::string_view text, const MessageEnd& end, const TokenUsage& usage);
void message_schema(JsonWriter& w);
void message_event_schema(JsonWriter& w);

class MessageEvents {
 public:
  void start(std::string& out, const AnswerHead& head, const TokenUsage& usage) const;  // first: what is known by then
  void text(std::string& out, std::string_view piece) const;
  void ping(std::string& out) const;
  void stop(std::string& out, const MessageEnd& end, const TokenUsage& usage) const;  // last
  void error(std::string& out, std::string_view json) const;                          // last, in its place
};

void write_token_count(std::string& out, std::uint32_t input_tokens);
void token_count_schema(JsonWriter& w);

// {"type":"error","error":{"type":"not_found_error","message":"…"},"request_id":"…"}
void write_anthropic_error(std::string& out, std::string_view type, std::string_view message, std::string_view request_id);
void anthropic_error_schema(JsonWriter& w);

}  // namespace gatehouse::wire
