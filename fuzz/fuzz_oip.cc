// Bytes that claim to be a call of a tensor model, JSON with tensors behind it: it is refused with faults that say where, or what was read
// is whole, is what the model takes, and can be answered again.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "gatehouse/wire/json/document.h"
#include "gatehouse/wire/oip/infer.h"
#include "gatehouse/wire/tfserving/predict.h"

namespace {

namespace gw = gatehouse::wire;

void require(bool holds) {
  if (!holds) std::abort();
}

gw::TensorSpec spec(std::string name, gw::Datatype type, gw::Shape shape) {
  gw::TensorSpec made;
  made.name = std::move(name), made.datatype = type, made.shape = std::move(shape);
  return made;
}

// An input and an output of each type, and one of two axes.
const gw::engine::Signature& model() {
  static const gw::engine::Signature one = [] {
    gw::engine::Signature made;
    for (std::size_t i = 0; i < gw::datatypes; ++i) {
      const auto type = static_cast<gw::Datatype>(i);
      made.outputs.push_back(spec(std::string(to_string(type)), type, {-1}));
    }
    made.inputs = {spec("X", gw::Datatype::fp32, {-1, 2})};
    return made;
  }();
  return one;
}

gw::engine::Signature model_for(std::uint8_t choice) {
  gw::engine::Signature chosen = model();
  if (choice % 2 == 0) chosen.inputs = {chosen.outputs[(choice / 2U) % gw::datatypes]};
  return chosen;
}

void check_request(const gw::InferRequest& request, const gw::engine::Signature& chosen) {
  require(request.inputs.size() == chosen.inputs.size());
  std::vector<gw::AnsweredTensor> answered;
  for (const gw::Tensor& input : request.inputs) {
    require(fault_in(input) == nullptr && check_fit(input, chosen.inputs.front()).ok());
    answered.push_back({&input, gw::has_json_form(input.datatype) ? gw::TensorForm::json : gw::TensorForm::binary});
    if (const auto words = gw::classify(input, 3, {})) require(fault_in(*words) == nullptr);
  }
  for (const gw::InferOutput& output : request.outputs) {
    require(std::ranges::any_of(chosen.outputs, [&](const gw::TensorSpec& one) { return one.name == output.name; }));
  }
  std::string body;
  const auto json = gw::write_infer_reply(body, {"m", "1", request.id, answered});
  require(gw::JsonParser().parse(std::string_view(body).substr(0, json.value_or(body.size()))).ok());
}

// The same JSON as rows.
void check_rows(const gw::JsonValue& root, const gw::engine::Signature& chosen) {
  gw::Reading reading;
  const gw::TensorPredictRequest request = gw::read_tensor_predict(root, chosen, reading);
  if (!reading.clean()) return;
  for (const gw::Tensor& input : request.inputs) require(fault_in(input) == nullptr && check_fit(input, chosen.inputs.front()).ok());
  std::string body;
  require(gw::write_tensor_predictions(body, request.inputs, request.form, request.rows).ok() && gw::JsonParser().parse(body).ok());
}

}  // namespace

// The first byte chooses the model, the next two say where the JSON ends.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  const std::string_view body(reinterpret_cast<const char*>(data) + 3, size - 3);
  const std::string length = std::to_string(data[1] + 256 * data[2]);
  const auto bytes = gw::split_infer_body(body, data[1] == 255 ? std::optional<std::string_view>() : std::string_view(length));
  if (!bytes) return 0;
  static gw::JsonParser parser;
  const auto root = parser.parse(bytes->json);
  if (!root) return 0;
  const gw::engine::Signature chosen = model_for(data[0]);
  check_rows(*root, chosen);
  gw::Reading reading;
  const gw::InferRequest request = gw::read_infer_request(*root, bytes->binary, chosen, reading);
  if (reading.clean()) return check_request(request, chosen), 0;
  const gatehouse::Error error = std::move(reading).error();
  require(!error.faults().empty() && error.faults().size() <= 64 && !error.public_text().empty());
  return 0;
}
