#include "gatehouse/wire/openai/rerank.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include "gatehouse/wire/json/codec.h"
#include "llm/answer_parts.h"

namespace gatehouse::wire {
namespace {

constexpr std::uint32_t most_documents = 2048, no_bound = 2'147'483'647;

constexpr Rules one_document = [] {
  Rules rules;
  rules.min_length = 1;
  return rules;
}();

// Its other members say nothing to the model.
void read_document_object(const JsonValue& v, std::string& out, Reading& r) {
  const std::optional<JsonValue> text = v.find("text");
  if (!text) return r.fault_at("text", "is missing", "the document's text");
  const PathStep step(r, "text");
  read_string(*text, out, one_document, r);
}

}  // namespace

template <>
struct Codec<RerankDocument> {
  static void read(const JsonValue& v, RerankDocument& out, const Rules&, Reading& r) {
    if (v.is_object()) return read_document_object(v, out.text, r);
    if (!v.is_string()) return wrong_kind(v, "a string, or an object with a text", r);
    read_string(v, out.text, one_document, r);
  }
  static void schema(JsonWriter& w, const Rules&) {
    w.key("anyOf").begin_list().begin_object();
    schema_string(w, one_document);
    w.end_object().begin_object().member("type", "object").key("properties").begin_object().key("text").begin_object();
    schema_string(w, one_document);
    w.end_object().end_object().key("required").begin_list().value("text").end_list().end_object().end_list();
  }
};

template <>
struct Description<RerankRequest> {
  using Q = RerankRequest;
  static constexpr auto fields() {
    return std::array{
        field<&Q::model>("model", "the model or an alias of it; without one, the default cross-encoder").length(1, 200),
        field<&Q::query>("query", "what the documents are held against").length(1, no_limit).required(),
        field<&Q::documents>("documents", "the texts, or objects with a text; what is longer than the model reads is cut")
            .items(1, most_documents)
            .required(),
        field<&Q::top_n>("top_n", "only so many of the best; without it, all").range(1, no_bound).nullable(),
        field<&Q::return_documents>("return_documents", "whether results hold the texts, too").nullable().by_default("false"),
        field_without_effect<std::string>("user", "accepted without effect").nullable(),
    };
  }
};

Result<RerankRequest> read_rerank_request(const JsonValue& body) { return read_described<RerankRequest>(body); }
void rerank_request_schema(JsonWriter& json) { write_schema_of<RerankRequest>(json); }

void write_rerank_reply(std::string& out, const RerankRequest& request, const RerankReply& reply) {
  std::vector<std::size_t> order(reply.scores.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) { return std::pair(reply.scores[b], a) < std::pair(reply.scores[a], b); });
  order.resize(std::min<std::size_t>(order.size(), request.top_n.value_or(no_bound)));
  JsonWriter json(out);
  json.begin_object().member("model", reply.model).key("results").begin_list();
  for (const std::size_t place : order) {
    json.begin_object().member("index", place).member("relevance_score", reply.scores[place]);
    if (request.return_documents) json.key("document").begin_object().member("text", request.documents[place].text).end_object();
    json.end_object();
  }
  json.end_list();
  write_reading_usage(json, reply.usage);
  json.end_object();
}

void rerank_reply_schema(JsonWriter& json) {
  json.raw(
      R"({"type":"object","properties":{"model":{"type":"string"},"results":{"type":"array","items":{"type":"object","properties":{)"
      R"("index":{"type":"integer","minimum":0},"relevance_score":{"type":"number","minimum":0,"maximum":1},)"
      R"("document":{"type":"object","properties":{"text":{"type":"string"}},"required":["text"]}},)"
      R"("required":["index","relevance_score"]}},"usage":{"type":"object","properties":{"prompt_tokens":{"type":"integer","minimum":0},)"
      R"("total_tokens":{"type":"integer","minimum":0},"cost":{"type":"number","minimum":0}},)"
      R"("required":["prompt_tokens","total_tokens"]}},"required":["model","results","usage"]})");
}

}  // namespace gatehouse::wire
