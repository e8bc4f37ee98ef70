// wire/oip/generate.h — POST …/generate and …/generate_stream of the Open Inference Protocol: the body, and its answer.
// Rules    the text is continued as it is, without a chat template; the stream's events have the answer's form, a piece of the text each
// Units    lengths in Unicode code points, limits in tokens
// Threads  value types, pure functions
// Errors   as wire/json/fields.h
// Source   Open Inference Protocol, generate_rest.yaml; Triton, extension_generate.md
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gatehouse/base/result.h"
#include "gatehouse/wire/json/value.h"
#include "gatehouse/wire/json/writer.h"
#include "gatehouse/wire/llm/stop_list.h"

namespace gatehouse::wire {

struct OipGenerateParameters {
  std::optional<std::uint32_t> max_tokens;
  double temperature = 1, top_p = 1, min_p = 0;
  std::int32_t top_k = 0;  // 0 and -1: all
  std::optional<std::int64_t> seed;
  double frequency_penalty = 0, presence_penalty = 0;
  StopList stop;
  bool details = false;  // why the answer ended, and what it took
  std::optional<bool> stream;
};

struct OipGenerateRequest {
  std::string id, text_input;
  OipGenerateParameters parameters;
};

Result<OipGenerateRequest> read_oip_generate(const JsonValue& body);

struct OipGenerated {
  std::string_view id, model, version, text;
  std::string_view finish_reason = {};  // with it the details; empty: none
  std::uint32_t prompt_tokens = 0, completion_tokens = 0;
};
void write_oip_generated(std::string& out, const OipGenerated& generated);

void oip_generate_request_schema(JsonWriter& w);
void oip_generated_schema(JsonWriter& w);

}  // namespace gatehouse::wire
