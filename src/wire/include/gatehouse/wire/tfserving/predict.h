// wire/tfserving/predict.h — POST /v1/models/…:predict in TensorFlow Serving's form: its body as tensors, and its answer.
// Rules    "instances": a list of rows, each the value of the one input or an object of values by input; "inputs": whole values, of the one
//          input or by input. Extents come from the nesting. BYTES are strings, or {"b64": …}. Every bad field is named at once
// Threads  value types, pure functions
// Errors   invalid_value, unsupported_parameter with every fault; model_not_row_wise: invalid_argument, origin caller
// Source   TensorFlow Serving, g3doc/api_rest.md, "Predict API"
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "gatehouse/base/result.h"
#include "gatehouse/wire/engine/frames.h"
#include "gatehouse/wire/json/fields.h"
#include "gatehouse/wire/json/value.h"
#include "gatehouse/wire/json/writer.h"
#include "gatehouse/wire/tensor/tensor.h"

namespace gatehouse::wire {

// By row ("instances", answered by "predictions"), or by input and output.
enum class PredictForm : std::uint8_t { rows, columns };

struct TensorPredictRequest {
  PredictForm form = PredictForm::rows;
  std::size_t rows = 0;  // of that form
  std::vector<Tensor> inputs;
};

// What is wrong goes to reading, and then the request means nothing.
TensorPredictRequest read_tensor_predict(const JsonValue& root, const engine::Signature& model, Reading& reading);

// row_count: how many were asked about.
Status write_tensor_predictions(std::string& out, std::span<const Tensor> outputs, PredictForm form, std::size_t row_count);

void tensor_predict_request_schema(JsonWriter& w);
void tensor_predict_reply_schema(JsonWriter& w);

}  // namespace gatehouse::wire
