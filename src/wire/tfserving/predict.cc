#include "gatehouse/wire/tfserving/predict.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "gatehouse/base/base64url.h"
#include "gatehouse/wire/json/codec.h"
#include "tensor/json_data.h"

namespace gatehouse::wire {
namespace {

constexpr std::string_view only_signature = "serving_default";
constexpr std::array<std::string_view, 1> signatures{only_signature};

// Read once it is known which inputs there are.
struct PredictValue {
  std::optional<JsonValue> value;
};

struct TensorPredictBody {
  std::string signature_name;
  PredictValue instances, inputs;
};

}  // namespace

template <>
struct Codec<PredictValue> {
  static void read(const JsonValue& v, PredictValue& out, const Rules&, Reading&) { out.value = v; }
  static void schema(JsonWriter&, const Rules&) {}
};

template <>
struct Description<TensorPredictBody> {
  using B = TensorPredictBody;
  static constexpr auto fields() {
    return std::array{
        field<&B::signature_name>("signature_name", "there is one").choices(signatures),
        field<&B::instances>("instances", "a list of rows: of each the value of the model's one input, or values by input"),
        field<&B::inputs>("inputs", "in place of instances: the whole value of the model's one input, or values by input"),
    };
  }
};

namespace {

// Standard base64, as it is in JSON.
std::optional<std::string> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
  std::string url(text);
  for (char& c : url) {
    if (c == '-' || c == '_') return std::nullopt;
    c = c == '+' ? '-' : c == '/' ? '_' : c;
  }
  return from_base64url(url);
}

bool is_coded(const JsonValue& value) { return value.is_object() && value.find("b64").has_value(); }

std::string kind_words(const JsonValue& value) { return "is " + std::string(describe_kind(value.kind())); }

// The values of one input, as they come; extents that the model leaves open are those of the first list in that place.
class TensorBuilder {
 public:
  TensorBuilder(const TensorSpec& spec, Reading& reading) : spec_(spec), extents_(spec.shape), reading_(reading) {}

  const TensorSpec& spec() const { return spec_; }
  bool given() const { return given_; }

  // From that axis on. Before: the axes in front of it are the caller's to count.
  void read(const JsonValue& value, std::size_t axis) {
    given_ = true;
    if (!has_json_form(spec_.datatype)) {
      if (!std::exchange(said_, true))
        reading_.fault("is for '" + spec_.name + "', whose type has no form in JSON", "a call of /v2 with binary data");
      return;
    }
    read_axis(value, axis);
  }

  // row_count: the extent of the first axis, where that is the caller's.
  Tensor take(std::optional<std::size_t> row_count) {
    Tensor tensor;
    tensor.name = spec_.name;
    tensor.datatype = spec_.datatype;
    tensor.bytes = std::move(bytes_);
    tensor.shape = extents_;
    if (row_count && !tensor.shape.empty()) tensor.shape.front() = static_cast<std::int64_t>(*row_count);
    std::ranges::replace(tensor.shape, std::int64_t{-1}, std::int64_t{0});  // inside of an empty list
    return tensor;
  }

 private:
  void read_axis(const JsonValue& value, std::size_t axis) {
    if (axis == extents_.size()) return read_one(value);
    if (!value.is_list()) return reading_.fault(kind_words(value), "a list, as the shape " + to_text(spec_.shape) + " says");
    std::int64_t count = 0;
    for (const JsonValue& item : value.items()) {
      if (reading_.full()) return;
      const PathStep step(reading_, static_cast<std::size_t>(count));
      read_axis(item, axis + 1);
      ++count;
    }
    std::int64_t& extent = extents_[axis];
    if (extent == -1) extent = count;
    if (extent != count) reading_.fault("has " + std::to_string(count) + " items", std::to_string(extent));
  }

  void read_one(const JsonValue& value) {
    if (spec_.datatype == Datatype::bytes && is_coded(value)) return read_coded(value);
    if (append_value(bytes_, spec_.datatype, value)) return;
    reading_.fault(value.is_number() ? "is not such a number" : kind_words(value), std::string(value_words(spec_.datatype)));
  }

  void read_coded(const JsonValue& value) {
    const JsonValue text = *value.find("b64");
    const std::optional<std::string> bytes = text.is_string() ? from_base64(text.string()) : std::nullopt;
    if (!bytes) return reading_.fault_at("b64", "is no base64", "bytes in base64");
    append_bytes_element(bytes_, *bytes);
  }

  const TensorSpec& spec_;
  Shape extents_;
  Reading& reading_;
  std::string bytes_;
  bool given_ = false, said_ = false;
};

class TensorPredictReader {
 public:
  TensorPredictReader(const engine::Signature& model, Reading& reading) : reading_(reading) {
    for (const TensorSpec& spec : model.inputs) inputs_.emplace_back(spec, reading);
  }

  TensorPredictRequest read(const TensorPredictBody& body) {
    if (body.instances.value.has_value() == body.inputs.value.has_value()) {
      reading_.fault_at("instances", body.instances.value ? "stands beside inputs" : "is missing",
                        "a list of rows, or inputs in its place");
    } else if (body.instances.value) {
      const PathStep step(reading_, "instances");
      read_rows(*body.instances.value);
    } else {
      const PathStep step(reading_, "inputs");
      request_.form = PredictForm::columns;
      read_values(*body.inputs.value, 0);
    }
    if (!reading_.clean()) return std::move(request_);
    const bool by_row = request_.form == PredictForm::rows;
    for (TensorBuilder& input : inputs_) request_.inputs.push_back(input.take(by_row ? std::optional(request_.rows) : std::nullopt));
    return std::move(request_);
  }

 private:
  void read_rows(const JsonValue& list) {
    if (!list.is_list()) return reading_.fault(kind_words(list), "a list of rows");
    for (const JsonValue& row : list.items()) {
      if (reading_.full()) return;
      const PathStep step(reading_, request_.rows++);
      read_values(row, 1);
    }
    if (request_.rows == 0) return reading_.fault("holds no row", "a row at least");
    for (const TensorBuilder& input : inputs_) {
      const Shape& shape = input.spec().shape;
      const bool fits = !shape.empty() && (shape.front() == -1 || std::cmp_equal(shape.front(), request_.rows));
      if (!fits) reading_.fault("are " + std::to_string(request_.rows) + " rows of '" + input.spec().name + "'", to_text(shape));
    }
  }

  // Of one input as they are, of several by name.
  void read_values(const JsonValue& value, std::size_t axis) {
    if (!value.is_object() || is_coded(value)) {
      if (inputs_.size() != 1) return reading_.fault(kind_words(value), "an object of values by input: " + names());
      return read_input(inputs_.front(), value, axis);
    }
    std::size_t known = 0;
    for (const JsonMember member : value.members()) {
      if (reading_.full()) return;
      const auto input = std::ranges::find(inputs_, member.key, [](const TensorBuilder& one) { return std::string_view(one.spec().name); });
      if (input == inputs_.end()) {
        reading_.fault_at(member.key, "is no input of this model", names());
        continue;
      }
      ++known;
      const PathStep step(reading_, member.key);
      read_input(*input, member.value, axis);
    }
    if (known == inputs_.size()) return;
    for (const TensorBuilder& input : inputs_) {
      if (!value.find(input.spec().name)) reading_.fault_at(input.spec().name, "is missing", std::string(to_string(input.spec().datatype)));
    }
  }

  // An input without axes has no rows.
  void read_input(TensorBuilder& input, const JsonValue& value, std::size_t axis) {
    input.read(value, std::min(axis, input.spec().shape.size()));
  }

  std::string names() const {
    std::string words;
    for (const TensorBuilder& input : inputs_) words.append(words.empty() ? "'" : ", '").append(input.spec().name).append("'");
    return words;
  }

  Reading& reading_;
  std::vector<TensorBuilder> inputs_;
  TensorPredictRequest request_;
};

// All outputs at one place of the first axis, or whole: the one there is as it is, several by name.
void write_by_name(JsonWriter& w, std::span<const NestedWriter> outputs, std::size_t axis, std::size_t place) {
  if (outputs.size() == 1) return outputs.front().write(w, axis, place);
  w.begin_object();
  for (const NestedWriter& output : outputs) {
    w.key(output.tensor().name);
    output.write(w, axis, place);
  }
  w.end_object();
}

Error not_row_wise() {
  return caller_error("model_not_row_wise", "This model's outputs are not one for each row: ask with inputs in place of instances")
      .with_param("instances");
}

}  // namespace

TensorPredictRequest read_tensor_predict(const JsonValue& root, const engine::Signature& model, Reading& reading) {
  TensorPredictBody body;
  const std::size_t before = reading.count();
  Codec<TensorPredictBody>::read(root, body, Rules{}, reading);
  if (!root.is_object() && reading.count() > before) return {};
  return TensorPredictReader(model, reading).read(body);
}

Status write_tensor_predictions(std::string& out, std::span<const Tensor> outputs, PredictForm form, std::size_t row_count) {
  for (const Tensor& output : outputs) {
    if (!has_json_form(output.datatype)) {
      return caller_error("invalid_value", "The output '" + output.name + "' is " + std::string(to_string(output.datatype)) +
                                               ", which has no form in JSON: ask /v2 for binary data");
    }
    const bool by_row = !output.shape.empty() && std::cmp_equal(output.shape.front(), row_count);
    if (form == PredictForm::rows && !by_row) return not_row_wise();
  }
  const std::vector<NestedWriter> written(outputs.begin(), outputs.end());
  JsonWriter w(out);
  w.begin_object();
  if (form == PredictForm::columns) {
    w.key("outputs");
    write_by_name(w, written, 0, 0);
  } else {
    w.key("predictions").begin_list();
    for (std::size_t row = 0; row < row_count; ++row) write_by_name(w, written, 1, row);
    w.end_list();
  }
  w.end_object();
  return ok();
}

void tensor_predict_request_schema(JsonWriter& w) { write_schema_of<TensorPredictBody>(w); }

void tensor_predict_reply_schema(JsonWriter& w) {
  w.raw(R"({"type":"object","properties":{"predictions":{"type":"array","description":"of each row, where instances were asked about"},)"
        R"("outputs":{"description":"where inputs were"}}})");
}

}  // namespace gatehouse::wire
