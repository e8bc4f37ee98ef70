#include "gatehouse/wire/openai/replies.h"

#include "llm/answer_parts.h"

namespace gatehouse::wire {
namespace {

void open(JsonWriter& w, const AnswerHead& head, std::string_view object) {
  open_answer(w, head, object);
  if (!head.system_fingerprint.empty()) w.member("system_fingerprint", head.system_fingerprint);
}

std::string chunk_prefix(const AnswerHead& head, std::string_view object) {
  std::string out(event_start);
  JsonWriter w(out);
  open(w, head, object);
  return out += R"(,"choices":[)";
}

constexpr std::string_view chunk_end(StreamUsage usage) { return usage == StreamUsage::include ? "],\"usage\":null}\n\n" : "]}\n\n"; }

void append_usage_chunk(std::string& out, std::string_view prefix, const TokenUsage& usage) {
  out.append(prefix).append("],");
  JsonWriter w(out);
  write_usage(w, usage, UsageForm::detailed);
  out.append("}\n\n");
}

void close_choice(JsonWriter& w, const WholeChoice& choice) {
  w.member_raw("logprobs", choice.logprobs).member("finish_reason", choice.finish_reason);
  if (!choice.stop_reason.empty()) w.member("stop_reason", choice.stop_reason);
  w.end_object();
}

void write_calls(JsonWriter& w, std::span<const CalledTool> calls) {
  w.key("tool_calls").begin_list();
  for (const CalledTool& call : calls) {
    w.begin_object().member("id", call.id).member("type", "function").key("function").begin_object();
    w.member("name", call.name).member("arguments", call.arguments).end_object().end_object();
  }
  w.end_list();
}

void write_model_to(JsonWriter& w, const ModelObject& model) {
  w.begin_object().member("id", model.id).member("object", "model").member("created", model.created);
  w.member("owned_by", model.owned_by).member("state", model.state).end_object();
}

}  // namespace

void write_chat_completion(std::string& out, const WholeAnswer& answer) {
  JsonWriter w(out);
  open(w, answer.head, "chat.completion");
  w.key("choices").begin_list();
  for (std::size_t i = 0; i < answer.choices.size(); ++i) {
    const WholeChoice& choice = answer.choices[i];
    w.begin_object().member("index", i).key("message").begin_object();
    w.member("role", "assistant");
    choice.text.empty() && !choice.calls.empty() ? w.member_null("content") : w.member("content", choice.text);
    w.member_null("refusal").key("annotations").begin_list().end_list();
    if (!choice.calls.empty()) write_calls(w, choice.calls);
    w.end_object();
    close_choice(w, choice);
  }
  w.end_list();
  write_usage(w, answer.usage, UsageForm::detailed);
  w.end_object();
}

ChatChunks::ChatChunks(const AnswerHead& head, StreamUsage usage, std::uint32_t index)
    : prefix_(chunk_prefix(head, "chat.completion.chunk")), end_(chunk_end(usage)) {
  delta_ = prefix_ + R"({"index":)" + std::to_string(index) + R"(,"delta":{)";
  text_prefix_ = delta_ + R"("content":")";
  text_suffix_ = R"("},"logprobs":null,"finish_reason":null})";
  text_suffix_ += end_;
}

void ChatChunks::role(std::string& out) const {
  out += delta_;
  out += R"("role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null})";
  out += end_;
}

void ChatChunks::text(std::string& out, std::string_view piece) const {
  if (piece.empty()) return;
  out += text_prefix_;
  append_json_escaped(out, piece);
  out += text_suffix_;
}

void ChatChunks::scored_text(std::string& out, std::string_view piece, std::string_view logprobs) const {
  out += text_prefix_;
  append_json_escaped(out, piece);
  out.append(R"("},"logprobs":)").append(logprobs).append(R"(,"finish_reason":null})").append(end_);
}

void ChatChunks::call(std::string& out, const StreamedCall& call) const {
  out += delta_;
  out.append(R"("tool_calls":[)");
  JsonWriter w(out);
  w.begin_object().member("index", call.index).member("id", call.id).member("type", "function").key("function").begin_object();
  w.member("name", call.name).member("arguments", "").end_object().end_object();
  out.append(R"(]},"logprobs":null,"finish_reason":null})").append(end_);
}

void ChatChunks::arguments(std::string& out, std::uint32_t index, std::string_view piece) const {
  out += delta_;
  out.append(R"("tool_calls":[{"index":)").append(std::to_string(index)).append(R"(,"function":{"arguments":")");
  append_json_escaped(out, piece);
  out.append(R"("}}]},"logprobs":null,"finish_reason":null})").append(end_);
}

void ChatChunks::finish(std::string& out, std::string_view reason, std::string_view why) const {
  out += delta_;
  out += R"(},"logprobs":null,"finish_reason":")";
  append_json_escaped(out, reason);
  out += '"';
  append_stop_reason(out, why);
  out += '}';
  out += end_;
}

void ChatChunks::usage(std::string& out, const TokenUsage& usage) const { append_usage_chunk(out, prefix_, usage); }

void write_text_completion(std::string& out, const WholeAnswer& answer) {
  JsonWriter w(out);
  open(w, answer.head, "text_completion");
  w.key("choices").begin_list();
  for (std::size_t i = 0; i < answer.choices.size(); ++i) {
    const WholeChoice& choice = answer.choices[i];
    w.begin_object().member("text", choice.text).member("index", i);
    close_choice(w, choice);
  }
  w.end_list();
  write_usage(w, answer.usage, UsageForm::detailed);
  w.end_object();
}

TextChunks::TextChunks(const AnswerHead& head, StreamUsage usage, std::uint32_t index)
    : prefix_(chunk_prefix(head, "text_completion")),
      index_(R"(","index":)" + std::to_string(index) + R"(,"logprobs":)"),
      end_(chunk_end(usage)) {
  text_prefix_ = prefix_ + R"({"text":")";
  text_suffix_ = index_ + R"(null,"finish_reason":null})";
  text_suffix_ += end_;
}

void TextChunks::text(std::string& out, std::string_view piece) const {
  if (piece.empty()) return;
  out += text_prefix_;
  append_json_escaped(out, piece);
  out += text_suffix_;
}

void TextChunks::scored_text(std::string& out, std::string_view piece, std::string_view logprobs) const {
  out += text_prefix_;
  append_json_escaped(out, piece);
  out.append(index_).append(logprobs).append(R"(,"finish_reason":null})").append(end_);
}

void TextChunks::finish(std::string& out, std::string_view reason, std::string_view why) const {
  out.append(text_prefix_).append(index_).append(R"(null,"finish_reason":")");
  append_json_escaped(out, reason);
  out += '"';
  append_stop_reason(out, why);
  out += '}';
  out += end_;
}

void TextChunks::usage(std::string& out, const TokenUsage& usage) const { append_usage_chunk(out, prefix_, usage); }

void write_model(std::string& out, const ModelObject& model) {
  JsonWriter w(out);
  write_model_to(w, model);
}

void write_model_list(std::string& out, std::span<const ModelObject> models) {
  JsonWriter w(out);
  w.begin_object().member("object", "list").key("data").begin_list();
  for (const ModelObject& model : models) write_model_to(w, model);
  w.end_list().end_object();
}

void write_openai_error(std::string& out, const OpenAiError& error) {
  JsonWriter w(out);
  w.begin_object().key("error").begin_object().member("message", error.message).member("type", error.type);
  w.member_or_null("param", error.param);
  w.member_or_null("code", error.code);
  w.end_object().end_object();
}

}  // namespace gatehouse::wire
