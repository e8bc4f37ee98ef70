#include "gatehouse/wire/anthropic/replies.h"

#include "gatehouse/wire/json/document.h"
#include "llm/answer_parts.h"

namespace gatehouse::wire {
namespace {

void append_named_event(std::string& out, std::string_view name, std::string_view json) {
  out.append("event: ").append(name).append("\ndata: ").append(json).append("\n\n");
}

void write_usage(JsonWriter& w, const TokenUsage& usage) {
  w.key("usage").begin_object().member("input_tokens", usage.prompt_tokens - usage.cached_tokens);
  w.member("cache_creation_input_tokens", 0).member("cache_read_input_tokens", usage.cached_tokens);
  w.member("output_tokens", usage.completion_tokens);
  write_cost(w, usage);
  w.end_object();
}

void write_end(JsonWriter& w, const MessageEnd& end) {
  w.member_or_null("stop_reason", end.stop_reason).member_or_null("stop_sequence", end.stop_sequence);
  if (!end.why.empty()) w.key("stop_details").begin_object().member("type", end.why).end_object();
}

void open_message(JsonWriter& w, const AnswerHead& head) {
  w.begin_object().member("id", head.id).member("type", "message").member("role", "assistant").member("model", head.model);
}

constexpr std::string_view text_block = R"({"type":"text","text":""})";

JsonWriter& open_call(JsonWriter& w, std::string_view id, std::string_view name) {
  return w.member("type", "tool_use").member("id", id).member("name", name);
}

std::string_view object_or_none(std::string_view json) {
  JsonParser parser;
  const Result<JsonValue> value = parser.parse(json);
  return value && value->is_object() ? json : std::string_view("{}");
}

constexpr std::string_view usage_schema =
    R"({"type":"object","properties":{"input_tokens":{"type":"integer","minimum":0},)"
    R"("cache_creation_input_tokens":{"type":"integer","minimum":0},"cache_read_input_tokens":{"type":"integer","minimum":0},)"
    R"("output_tokens":{"type":"integer","minimum":0},"cost":{"type":"number","minimum":0}},"required":["input_tokens","output_tokens"]})";

std::string message_object() {
  std::string schema(R"({"type":"object","properties":{"id":{"type":"string"},"type":{"const":"message"},"role":{"const":"assistant"},)");
  schema +=
      R"("model":{"type":"string"},"content":{"type":"array","items":{"anyOf":[{"type":"object","properties":{"type":{"const":"text"},)";
  schema += R"("text":{"type":"string"}},"required":["type","text"]},{"type":"object","properties":{"type":{"const":"tool_use"},)";
  schema += R"("id":{"type":"string"},"name":{"type":"string"},"input":{"type":"object"}},"required":["type","id","name","input"]}]}},)";
  schema += R"("stop_reason":{"type":["string","null"],"enum":["end_turn","max_tokens","stop_sequence","tool_use",null]},)";
  schema.append(R"("stop_sequence":{"type":["string","null"]},"usage":)").append(usage_schema);
  return schema += R"(},"required":["id","type","role","model","content","stop_reason","stop_sequence","usage"]})";
}

}  // namespace

void write_message(std::string& out, const AnswerHead& head, std::span<const MessageBlock> blocks, const MessageEnd& end,
                   const TokenUsage& usage) {
  JsonWriter w(out);
  open_message(w, head);
  w.key("content").begin_list();
  for (const MessageBlock& block : blocks) {
    w.begin_object();
    if (block.call.name.empty())
      w.member("type", "text").member("text", block.text);
    else
      open_call(w, block.call.id, block.call.name).member_raw("input", object_or_none(block.call.arguments));
    w.end_object();
  }
  w.end_list();
  write_end(w, end);
  write_usage(w, usage);
  w.end_object();
}

void MessageEvents::start(std::string& out, const AnswerHead& head, const TokenUsage& usage, Opening opening) {
  std::string json;
  JsonWriter w(json);
  w.begin_object().member("type", "message_start").key("message");
  open_message(w, head);
  w.key("content").begin_list().end_list();
  write_end(w, {});
  write_usage(w, usage);
  w.end_object().end_object();
  append_named_event(out, "message_start", json);
  if (opening == Opening::text) open(out, text_block);
  ping(out);
}

void MessageEvents::open(std::string& out, std::string_view block) {
  std::string json = R"({"type":"content_block_start","index":)" + std::to_string(index_) + R"(,"content_block":)";
  append_named_event(out, "content_block_start", json.append(block).append("}"));
  open_ = true;
}

void MessageEvents::close(std::string& out) {
  append_named_event(out, "content_block_stop", R"({"type":"content_block_stop","index":)" + std::to_string(index_) + "}");
  ++index_;
  open_ = false;
}

void MessageEvents::text(std::string& out, std::string_view piece) {
  if (piece.empty()) return;
  if (!open_) open(out, text_block);
  out += "event: content_block_delta\n";
  out.append(R"(data: {"type":"content_block_delta","index":)").append(std::to_string(index_));
  out += R"(,"delta":{"type":"text_delta","text":")";
  append_json_escaped(out, piece);
  out += "\"}}\n\n";
}

void MessageEvents::call(std::string& out, std::string_view id, std::string_view name) {
  if (open_) close(out);
  std::string block;
  JsonWriter w(block);
  open_call(w.begin_object(), id, name).key("input").begin_object().end_object().end_object();
  open(out, block);
}

void MessageEvents::arguments(std::string& out, std::string_view piece) const {
  out += "event: content_block_delta\n";
  out.append(R"(data: {"type":"content_block_delta","index":)").append(std::to_string(index_));
  out += R"(,"delta":{"type":"input_json_delta","partial_json":")";
  append_json_escaped(out, piece);
  out += "\"}}\n\n";
}

void MessageEvents::call_end(std::string& out) { close(out); }

void MessageEvents::ping(std::string& out) const { append_named_event(out, "ping", R"({"type":"ping"})"); }

void MessageEvents::stop(std::string& out, const MessageEnd& end, const TokenUsage& usage) {
  if (open_) close(out);
  std::string json;
  JsonWriter w(json);
  w.begin_object().member("type", "message_delta").key("delta").begin_object();
  write_end(w, end);
  w.end_object();
  write_usage(w, usage);
  w.end_object();
  append_named_event(out, "message_delta", json);
  append_named_event(out, "message_stop", R"({"type":"message_stop"})");
}

void MessageEvents::error(std::string& out, std::string_view json) const { append_named_event(out, "error", json); }

void message_schema(JsonWriter& w) { w.raw(message_object()); }

void message_event_schema(JsonWriter& w) {
  std::string schema(R"({"type":"object","properties":{"type":{"type":"string","enum":["message_start","content_block_start","ping",)");
  schema +=
      R"("content_block_delta","content_block_stop","message_delta","message_stop","error"]},"index":{"type":"integer","minimum":0},)";
  schema += R"("content_block":{"type":"object"},"delta":{"type":"object"},"error":{"type":"object"},"message":)";
  schema.append(message_object()).append(R"(,"usage":)").append(usage_schema).append(R"(},"required":["type"]})");
  w.raw(schema);
}

void write_token_count(std::string& out, std::uint32_t input_tokens) {
  JsonWriter(out).begin_object().member("input_tokens", input_tokens).end_object();
}

void token_count_schema(JsonWriter& w) {
  w.raw(R"({"type":"object","properties":{"input_tokens":{"type":"integer","minimum":0}},"required":["input_tokens"]})");
}

void write_anthropic_error(std::string& out, std::string_view type, std::string_view message, std::string_view request_id) {
  JsonWriter w(out);
  w.begin_object().member("type", "error").key("error").begin_object().member("type", type).member("message", message).end_object();
  w.member("request_id", request_id).end_object();
}

void anthropic_error_schema(JsonWriter& w) {
  w.raw(R"({"type":"object","properties":{"type":{"const":"error"},"error":{"type":"object","properties":{"type":{"type":"string"},)"
        R"("message":{"type":"string"}},"required":["type","message"]},"request_id":{"type":"string"}},"required":["type","error"]})");
}

}  // namespace gatehouse::wire
