#include "gatehouse/wire/nlu/replies.h"

namespace gatehouse::wire {
namespace {

constexpr std::string_view output_schema =
    R"({"description":"what was found: a list of paths from the root to a leaf, each a list of {type, span, offset}; or as format says",)"
    R"("type":["array","object"]})";

}  // namespace

void write_nlu_predict_reply(std::string& out, std::span<const NluPath> paths, NluForm form) {
  JsonWriter json(out);
  json.begin_object().key("output");
  write_nlu_output(json, paths, form, NluScores::left_out);
  json.end_object();
}

void nlu_predict_reply_schema(JsonWriter& json) {
  json.begin_object().member("type", "object").key("properties").begin_object().member_raw("output", output_schema).end_object();
  json.key("required").begin_list().value("output").end_list().end_object();
}

void write_nlu_extract_reply(std::string& out, std::span<const NluPath> paths, const NluExtractFacts& facts) {
  JsonWriter json(out);
  json.begin_object().member("model", facts.model).member("task", facts.task).key("output");
  write_nlu_output(json, paths, facts.form, facts.scores);
  json.key("usage").begin_object().member("prompt_tokens", facts.tokens).member("completion_tokens", 0);
  json.member("total_tokens", facts.tokens).end_object().end_object();
}

void nlu_extract_reply_schema(JsonWriter& json) {
  json.begin_object().member("type", "object").key("properties").begin_object();
  json.key("model").begin_object().member("type", "string").end_object();
  json.key("task").begin_object().member("type", "string");
  json.member("description",
              "what the schema asks for: ner, re, event, absa, sentiment, classification, match, nli, qa; several apart by commas");
  json.end_object().member_raw("output", output_schema);
  json.key("usage").begin_object().member("type", "object").key("properties").begin_object();
  for (const std::string_view name : {"prompt_tokens", "completion_tokens", "total_tokens"}) {
    json.key(name).begin_object().member("type", "integer").end_object();
  }
  json.end_object().end_object().end_object();
  json.key("required").begin_list();
  for (const std::string_view name : {"model", "task", "output", "usage"}) json.value(name);
  json.end_list().end_object();
}

}  // namespace gatehouse::wire
