// wire/nlu/replies.h — the answers of POST /api/predict and POST /v1/nlu/extract.
// Threads  pure functions that append to what they are given
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "gatehouse/wire/json/writer.h"
#include "gatehouse/wire/nlu/answer.h"

namespace gatehouse::wire {

// {"output":…}: what the pipeline that it takes the place of gives, without scores.
void write_nlu_predict_reply(std::string& out, std::span<const NluPath> paths, NluForm form);
void nlu_predict_reply_schema(JsonWriter& json);

struct NluExtractFacts {
  std::string_view model, task;  // task: those that the schema asks for, apart by commas
  NluForm form = NluForm::paths;
  NluScores scores = NluScores::shown;
  std::uint64_t tokens = 0;  // that the model has read: the text, and each prompt
};
void write_nlu_extract_reply(std::string& out, std::span<const NluPath> paths, const NluExtractFacts& facts);
void nlu_extract_reply_schema(JsonWriter& json);

}  // namespace gatehouse::wire
