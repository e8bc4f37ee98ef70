// wire/oip/infer.h — POST …/infer of the Open Inference Protocol: the body as tensors, and its answer.
// Rules    a tensor's values stand in the JSON (flat or nested, row-major) or, in the order of the inputs, as bytes behind it
//          (binary_data_size). Every bad field is named at once, beside what the model takes. Parameters that are not known have no effect;
//          those about shared memory are refused
// Threads  value types, pure functions
// Errors   invalid_header_length; of the body invalid_value, unsupported_parameter with every fault: invalid_argument, origin caller
// Source   Open Inference Protocol, inference_rest.md; Triton, extension_binary_data.md, extension_classification.md
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/base/result.h"
#include "gatehouse/wire/engine/frames.h"
#include "gatehouse/wire/json/fields.h"
#include "gatehouse/wire/json/value.h"
#include "gatehouse/wire/json/writer.h"
#include "gatehouse/wire/tensor/tensor.h"

namespace gatehouse::wire {

// The field of the head that says where the JSON of a body ends.
inline constexpr std::string_view header_length_field = "Inference-Header-Content-Length";

struct InferBytes {
  std::string_view json, binary;
};
// header_length: that field; nothing: all is JSON.
Result<InferBytes> split_infer_body(std::string_view body, std::optional<std::string_view> header_length);

enum class TensorForm : std::uint8_t { json, binary };

struct InferOutput {
  std::string name;
  TensorForm form = TensorForm::json;
  std::uint32_t classes = 0;  // as many of the likeliest are wanted in place of the values; 0: the values
};

struct InferRequest {
  std::string id;
  std::vector<Tensor> inputs;
  std::vector<InferOutput> outputs;    // as they were asked for; empty: all
  TensorForm form = TensorForm::json;  // of outputs of which nothing is said
};

// model: what it takes and gives; of outputs it may be silent. What is wrong goes to reading, and then the request means nothing.
InferRequest read_infer_request(const JsonValue& root, std::string_view binary, const engine::Signature& model, Reading& reading);

// One output of the answer; bytes of a form that is binary must have none in JSON.
struct AnsweredTensor {
  const Tensor* tensor = nullptr;
  TensorForm form = TensorForm::json;
};

struct InferReply {
  std::string_view model, version, id;  // an empty id is left out
  std::span<const AnsweredTensor> outputs;
};

// Appends the answer. How many bytes of it are JSON, where others follow; nothing: all are. Before: what goes as JSON has a form in it.
std::optional<std::size_t> write_infer_reply(std::string& out, const InferReply& reply);

// Whether the datatype can be written as JSON.
bool has_json_form(Datatype type);

// "0.980000:0:setosa", the likeliest of the last axis first: BYTES of the same shape with an axis of `classes`. Of what is no table of
// real numbers: nothing.
std::optional<Tensor> classify(const Tensor& tensor, std::uint32_t classes, std::span<const std::string> labels);

void infer_request_schema(JsonWriter& w);
void infer_reply_schema(JsonWriter& w);

}  // namespace gatehouse::wire
