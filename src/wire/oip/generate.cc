#include "gatehouse/wire/oip/generate.h"

#include <array>

#include "gatehouse/wire/json/codec.h"
#include "llm/stop_codec.h"

namespace gatehouse::wire {

template <>
struct Description<OipGenerateParameters> {
  using P = OipGenerateParameters;
  static constexpr auto fields() {
    return std::array{
        field<&P::max_tokens>("max_tokens", "at most so many tokens are generated").range(1, 1'048'576),
        field<&P::temperature>("temperature", "0 always takes the likeliest token").range(0, 2).by_default("1"),
        field<&P::top_p>("top_p", "only the likeliest tokens that make up this much probability").range(0, 1).by_default("1"),
        field<&P::min_p>("min_p", "only tokens at least so likely beside the likeliest").range(0, 1).by_default("0"),
        field<&P::top_k>("top_k", "only so many of the likeliest tokens; 0 and -1: all").range(-1, 1'000'000).by_default("0"),
        field<&P::seed>("seed", "the same seed draws the same answer; -1: any"),
        field<&P::frequency_penalty>("frequency_penalty", "off a token for each time that the answer has it").range(-2, 2).by_default("0"),
        field<&P::presence_penalty>("presence_penalty", "off a token that the answer has at all").range(-2, 2).by_default("0"),
        field<&P::stop>("stop", "the answer ends before the first of these"),
        field<&P::details>("details", "why the answer ended, and how many tokens it took").by_default("false"),
        field<&P::stream>("stream", "what the path says: true at …/generate_stream alone"),
    };
  }
};

template <>
struct Description<OipGenerateRequest> {
  using G = OipGenerateRequest;
  static constexpr auto fields() {
    return std::array{
        field<&G::id>("id", "is told back").length(0, 1024),
        field<&G::text_input>("text_input", "the text to continue, as it is: no chat template").length(1, no_limit).required(),
        field<&G::parameters>("parameters", "how it is continued"),
    };
  }
};

Result<OipGenerateRequest> read_oip_generate(const JsonValue& body) { return read_described<OipGenerateRequest>(body); }
void oip_generate_request_schema(JsonWriter& w) { write_schema_of<OipGenerateRequest>(w); }

void write_oip_generated(std::string& out, const OipGenerated& generated) {
  JsonWriter w(out);
  w.begin_object().member("id", generated.id).member("model_name", generated.model).member("model_version", generated.version);
  w.member("text_output", generated.text);
  if (!generated.finish_reason.empty()) {
    w.key("details").begin_object().member("finish_reason", generated.finish_reason);
    w.member("prompt_tokens", generated.prompt_tokens).member("completion_tokens", generated.completion_tokens).end_object();
  }
  w.end_object();
}

void oip_generated_schema(JsonWriter& w) {
  w.raw(R"({"type":"object","properties":{"id":{"type":"string"},"model_name":{"type":"string"},"model_version":{"type":"string"},)"
        R"("text_output":{"type":"string"},"details":{"type":"object","description":"where they were asked for, with the end",)"
        R"("properties":{"finish_reason":{"type":"string"},"prompt_tokens":{"type":"integer"},"completion_tokens":{"type":"integer"}}}},)"
        R"("required":["id","model_name","model_version","text_output"]})");
}

}  // namespace gatehouse::wire
