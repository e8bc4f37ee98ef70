// wire/nlu/requests.h — the bodies of POST /api/predict and POST /v1/nlu/extract.
// Units    labels in Unicode code points; how long a text may be is the model's to say, because too long is another answer than wrong
// Threads  value types, pure functions
// Errors   as wire/json/fields.h; of the schema as wire/nlu/schema.h
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "gatehouse/base/result.h"
#include "gatehouse/wire/json/value.h"
#include "gatehouse/wire/json/writer.h"
#include "gatehouse/wire/nlu/answer.h"
#include "gatehouse/wire/nlu/schema.h"

namespace gatehouse::wire {

enum class NluMode : std::uint8_t { native, compat, multi };

struct NluPredictRequest {
  std::string text;
  NluSchema schema;
  std::string model;  // empty: the default
  NluForm format = NluForm::paths;
};

struct NluExtractRequest {
  std::string model;  // empty: the default
  std::string text;
  NluSchema schema;
  std::string task;                 // empty: seen from the schema
  std::vector<std::string> labels;  // none: those in front of the text, where there are some
  NluForm format = NluForm::paths;
  bool scores = true;
  OffsetUnit offset_unit = OffsetUnit::codepoint;
  NluMode mode = NluMode::native;
};

Result<NluPredictRequest> read_nlu_predict_request(const JsonValue& body);
void nlu_predict_request_schema(JsonWriter& json);
Result<NluExtractRequest> read_nlu_extract_request(const JsonValue& body);
void nlu_extract_request_schema(JsonWriter& json);

}  // namespace gatehouse::wire
