// What the replies of replies.cc look like, for the OpenAPI document; the tests hold the two together.
#include <string>

#include "gatehouse/wire/openai/logprobs.h"
#include "gatehouse/wire/openai/replies.h"

namespace gatehouse::wire {
namespace {

constexpr std::string_view usage_properties =
    R"("properties":{"prompt_tokens":{"type":"integer","minimum":0},"completion_tokens":{"type":"integer","minimum":0},)"
    R"("total_tokens":{"type":"integer","minimum":0},"cost":{"type":"number","minimum":0},"prompt_tokens_details":{"type":"object","properties":)"
    R"({"cached_tokens":{"type":"integer","minimum":0}}},"completion_tokens_details":{"type":"object","properties":)"
    R"({"reasoning_tokens":{"type":"integer","minimum":0}}}},"required":["prompt_tokens","completion_tokens","total_tokens"]})";
constexpr std::string_view model_object =
    R"({"type":"object","properties":{"id":{"type":"string"},"object":{"type":"string","enum":["model"]},)"
    R"("created":{"type":"integer"},"owned_by":{"type":"string"},)"
    R"("state":{"type":"string","enum":["declared","loading","ready","draining","gone","failed"]}},)"
    R"("required":["id","object","created","owned_by","state"]})";
constexpr std::string_view chat_message =
    R"({"type":"object","properties":{"role":{"type":"string","enum":["assistant"]},"content":{"type":["string","null"]},)"
    R"("refusal":{"type":["string","null"]},"annotations":{"type":"array","items":{"type":"object"}},)"
    R"("tool_calls":{"type":"array","minItems":1,"items":{"type":"object","properties":{"id":{"type":"string"},)"
    R"("type":{"type":"string","enum":["function"]},"function":{"type":"object","properties":{"name":{"type":"string"},)"
    R"("arguments":{"type":"string"}},"required":["name","arguments"]}},"required":["id","type","function"]}}},)"
    R"("required":["role","content","refusal"]})";
constexpr std::string_view chat_delta =
    R"({"type":"object","properties":{"role":{"type":"string","enum":["assistant"]},"content":{"type":["string","null"]},)"
    R"("refusal":{"type":["string","null"]},"tool_calls":{"type":"array","minItems":1,"items":{"type":"object","properties":{)"
    R"("index":{"type":"integer","minimum":0},"id":{"type":"string"},"type":{"type":"string","enum":["function"]},)"
    R"("function":{"type":"object","properties":{"name":{"type":"string"},"arguments":{"type":"string"}},"required":["arguments"]}},)"
    R"("required":["index","function"]}}}})";
constexpr std::string_view plain_text = R"({"type":"string"})";

enum class Part { whole, chunk };

// member is what a choice holds beside its index: message, delta or text.
struct Choice {
  std::string_view member, member_schema;
  void (*logprobs_schema)(JsonWriter&);
};
constexpr Choice message_choice{"message", chat_message, &chat_logprobs_schema};
constexpr Choice delta_choice{"delta", chat_delta, &chat_logprobs_schema};
constexpr Choice text_choice{"text", plain_text, &text_logprobs_schema};

void write_answer_schema(JsonWriter& w, std::string_view object, const Choice& choice, Part part) {
  const bool whole = part == Part::whole;
  std::string logprobs;
  JsonWriter logprobs_writer(logprobs);
  choice.logprobs_schema(logprobs_writer);
  std::string s = R"({"type":"object","properties":{"id":{"type":"string"},"object":{"type":"string","enum":[")";
  s.append(object).append(R"("]},"created":{"type":"integer"},"model":{"type":"string"},"system_fingerprint":{"type":["string","null"]},)");
  s.append(R"("choices":{"type":"array","items":{"type":"object","properties":{"index":{"type":"integer"},")").append(choice.member);
  s.append(R"(":)").append(choice.member_schema).append(R"(,"logprobs":)").append(logprobs).append(R"(,"finish_reason":{"type":)");
  s.append(whole ? R"("string")" : R"(["string","null"])").append(R"(}},"required":["index",")").append(choice.member);
  s.append(R"(","logprobs","finish_reason"]}},"usage":{"type":)").append(whole ? R"("object")" : R"(["object","null"])").append(",");
  s.append(usage_properties).append(R"(},"required":["id","object","created","model","choices")").append(whole ? R"(,"usage"]})" : "]}");
  w.raw(s);
}

}  // namespace

void chat_completion_schema(JsonWriter& w) { write_answer_schema(w, "chat.completion", message_choice, Part::whole); }
void chat_chunk_schema(JsonWriter& w) { write_answer_schema(w, "chat.completion.chunk", delta_choice, Part::chunk); }
void text_completion_schema(JsonWriter& w) { write_answer_schema(w, "text_completion", text_choice, Part::whole); }
void text_chunk_schema(JsonWriter& w) { write_answer_schema(w, "text_completion", text_choice, Part::chunk); }

void model_schema(JsonWriter& w) { w.raw(model_object); }

void model_list_schema(JsonWriter& w) {
  w.begin_object().member("type", "object").key("properties").begin_object();
  w.member_raw("object", R"({"type":"string","enum":["list"]})");
  w.key("data").begin_object().member("type", "array").member_raw("items", model_object).end_object();
  w.end_object().member_raw("required", R"(["object","data"])").end_object();
}

void openai_error_schema(JsonWriter& w) {
  w.raw(R"({"type":"object","properties":{"error":{"type":"object","properties":{"message":{"type":"string"},)"
        R"("type":{"type":"string"},"param":{"type":["string","null"]},"code":{"type":["string","null"]}},)"
        R"("required":["message","type","param","code"]}},"required":["error"]})");
}

}  // namespace gatehouse::wire
