#include "gatehouse/wire/llm/replies.h"

#include <string>

#include "answer_parts.h"

namespace gatehouse::wire {
namespace {

void write_choices(JsonWriter& w, std::span<const WholeChoice> choices) {
  w.key("choices").begin_list();
  for (std::size_t i = 0; i < choices.size(); ++i) {
    w.begin_object().member("text", choices[i].text).member("index", i).member_null("logprobs");
    w.member("finish_reason", choices[i].finish_reason).end_object();
  }
  w.end_list();
}

constexpr std::string_view reply_schema = R"({"type":"object","properties":{"id":{"type":"string"},)"
                                          R"("object":{"type":"string","enum":["text_completion"]},"created":{"type":"integer"},)"
                                          R"("model":{"type":"string"},"choices":{"type":"array","items":{"type":"object","properties":{)"
                                          R"("text":{"type":"string"},"index":{"type":"integer"},"logprobs":{"type":"null"},)";
constexpr std::string_view usage_schema =
    R"("usage":{"type":"object","properties":{"prompt_tokens":{"type":"integer","minimum":0},)"
    R"("completion_tokens":{"type":"integer","minimum":0},"total_tokens":{"type":"integer","minimum":0},"cost":{"type":"number","minimum":0}},)"
    R"("required":["prompt_tokens","completion_tokens","total_tokens"]})";

void write_reply_schema(JsonWriter& w, std::string_view finish_reason, std::string_view required) {
  std::string schema(reply_schema);
  schema.append(R"("finish_reason":)").append(finish_reason);
  schema.append(R"(},"required":["text","index","logprobs","finish_reason"]}},)").append(usage_schema);
  schema.append(R"(},"required":)").append(required).append("}");
  w.raw(schema);
}

}  // namespace

void append_event(std::string& out, std::string_view json) { out.append(event_start).append(json).append(event_end); }
void append_done_event(std::string& out) { append_event(out, "[DONE]"); }

void write_generate_reply(std::string& out, const WholeAnswer& answer) {
  JsonWriter w(out);
  open_answer(w, answer.head, "text_completion");
  write_choices(w, answer.choices);
  write_usage(w, answer.usage, UsageForm::counts);
  w.end_object();
}

GenerateChunks::GenerateChunks(const AnswerHead& head, std::uint32_t index)
    : prefix_(event_start), index_(R"(","index":)" + std::to_string(index) + R"(,"logprobs":null,"finish_reason":)") {
  JsonWriter w(prefix_);
  open_answer(w, head, "text_completion");
  prefix_ += R"(,"choices":[{"text":")";
}

void GenerateChunks::text(std::string& out, std::string_view piece) const {
  if (piece.empty()) return;
  out += prefix_;
  append_json_escaped(out, piece);
  out.append(index_).append("null}]}").append(event_end);
}

void GenerateChunks::end(std::string& out, std::string_view reason, std::string_view why) const {
  put_end(out, reason, why);
  out.append("]}").append(event_end);
}

void GenerateChunks::put_end(std::string& out, std::string_view reason, std::string_view why) const {
  out.append(prefix_).append(index_).append("\"");
  append_json_escaped(out, reason);
  out += '"';
  append_stop_reason(out, why);
  out += '}';
}

void GenerateChunks::finish(std::string& out, const Finish& finish, const TokenUsage& usage) const {
  put_end(out, finish.reason, finish.why);
  out += "],";
  JsonWriter w(out);
  write_usage(w, usage, UsageForm::counts);
  out += '}';
  out += event_end;
}

void generate_reply_schema(JsonWriter& w) {
  write_reply_schema(w, R"({"type":"string"})", R"(["id","object","created","model","choices","usage"])");
}

void generate_event_schema(JsonWriter& w) {
  write_reply_schema(w, R"({"type":["string","null"]})", R"(["id","object","created","model","choices"])");
}

void write_api_error(std::string& out, const ApiError& error) {
  JsonWriter w(out);
  w.begin_object().key("error").begin_object();
  w.member("code", error.status).member("message", error.message).member("type", error.type);
  w.member_or_null("param", error.param);
  w.member("request_id", error.request_id);
  if (!error.details.empty()) {
    w.key("details").begin_list();
    for (const FieldFault& fault : error.details) {
      w.begin_object().member("path", fault.path).member("message", fault.message).member("expected", fault.expected).end_object();
    }
    w.end_list();
  }
  w.end_object().end_object();
}

void api_error_schema(JsonWriter& w) {
  w.raw(R"({"type":"object","properties":{"error":{"type":"object","properties":{"code":{"type":"integer"},)"
        R"("message":{"type":"string"},"type":{"type":"string"},"param":{"type":["string","null"]},"request_id":{"type":"string"},)"
        R"("details":{"type":"array","items":{"type":"object","properties":{"path":{"type":"string"},"message":{"type":"string"},)"
        R"("expected":{"type":"string"}},"required":["path","message","expected"]}}},)"
        R"("required":["code","message","type","param","request_id"]}},"required":["error"]})");
}

}  // namespace gatehouse::wire
