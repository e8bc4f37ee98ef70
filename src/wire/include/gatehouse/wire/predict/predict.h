// wire/predict/predict.h — POST /predict: its schemas, and its answer.
// Threads  value types, pure functions
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "gatehouse/wire/json/writer.h"

namespace gatehouse::wire {

// As the model has it, so that it is written with the digits that it has.
using ModelNumber = std::variant<std::int64_t, float, double>;

// What each feature did: base + a class's contributions is what is explained.
struct Explanation {
  std::string_view of;                             // "probabilities", "values", or "margins", which the probabilities are computed from
  std::vector<double> base_values;                 // by class
  std::vector<std::vector<double>> contributions;  // a row a class, a column a feature
};

// What was made of one row.
struct Prediction {
  ModelNumber value;
  std::optional<std::string> label;        // of a class
  std::vector<ModelNumber> probabilities;  // by class; empty: it gives none
  std::vector<std::string> outside;        // features that training has not seen like that
  std::optional<Explanation> explanation = {};
};

// One row's members are single values, those of several rows are lists.
enum class RowForm : std::uint8_t { one, list };

void write_predict_reply(std::string& out, std::span<const Prediction> rows, RowForm form);

void predict_request_schema(JsonWriter& w);
void predict_reply_schema(JsonWriter& w);

}  // namespace gatehouse::wire
