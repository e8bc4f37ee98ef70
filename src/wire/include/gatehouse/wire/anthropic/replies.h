// wire/anthropic/replies.h — what /v1/messages answers: a message whole and in events, a count of tokens, errors.
// Rules    events are whole ("event: …\ndata: …\n\n"). A stream is message_start, content_block_start, ping, content_block_delta …,
//          content_block_stop, more blocks where tools are called, message_delta, message_stop; an error event ends it anywhere.
//          input_tokens leaves out the cached ones, which stand in cache_read_input_tokens; usage of message_delta is that of the whole
//          answer
// Threads  a MessageEvents belongs to one answer; all else are pure functions that append to out
// Source   Anthropic API, "Create a Message", "Streaming Messages", "Errors"
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "gatehouse/wire/json/writer.h"
#include "gatehouse/wire/llm/usage.h"

namespace gatehouse::wire {

// stop_reason is end_turn, max_tokens, tool_use or stop_sequence; with the last, stop_sequence is the one that was met.
struct MessageEnd {
  std::string_view stop_reason;
  std::string_view stop_sequence = {};
  std::string_view why = {};  // the type of stop_details, where max_tokens does not say enough: "budget"; empty: none
};

// A text, or a call of a tool: the one that has a name. Arguments that are no object, because the answer ended within them, become {}.
struct MessageBlock {
  std::string_view text;
  CalledTool call = {};
};

void write_message(std::string& out, const AnswerHead& head, std::span<const MessageBlock> blocks, const MessageEnd& end,
                   const TokenUsage& usage);
void message_schema(JsonWriter& w);
void message_event_schema(JsonWriter& w);

class MessageEvents {
 public:
  // First: what is known by then. The block of a text opens at once, unless a call of a tool may come in its place.
  enum class Opening : std::uint8_t { text, later };
  void start(std::string& out, const AnswerHead& head, const TokenUsage& usage, Opening opening = Opening::text);
  void text(std::string& out, std::string_view piece);
  void call(std::string& out, std::string_view id, std::string_view name);
  void arguments(std::string& out, std::string_view piece) const;  // of the call that came last
  void call_end(std::string& out);
  void ping(std::string& out) const;
  void stop(std::string& out, const MessageEnd& end, const TokenUsage& usage);  // last
  void error(std::string& out, std::string_view json) const;                    // last, in its place

 private:
  void open(std::string& out, std::string_view block);
  void close(std::string& out);

  std::uint32_t index_ = 0;  // of the block that is open, or will be next
  bool open_ = false;
};

void write_token_count(std::string& out, std::uint32_t input_tokens);
void token_count_schema(JsonWriter& w);

// {"type":"error","error":{"type":"not_found_error","message":"…"},"request_id":"…"}
void write_anthropic_error(std::string& out, std::string_view type, std::string_view message, std::string_view request_id);
void anthropic_error_schema(JsonWriter& w);

}  // namespace gatehouse::wire
