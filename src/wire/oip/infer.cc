#include "gatehouse/wire/oip/infer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <utility>

#include "gatehouse/wire/json/codec.h"
#include "tensor/json_data.h"

namespace gatehouse::wire {
namespace {

constexpr std::uint32_t most_tensors = 1024, longest_name = 256, longest_id = 1024, most_classes = 65'536;

// Looked at once it is known what it is about.
struct InferValues {
  std::optional<JsonValue> value;
};
struct InferParameters {
  std::optional<JsonValue> object;
};

struct InferInputBody {
  std::string name;
  Shape shape;
  Datatype datatype = Datatype::fp32;
  InferParameters parameters;
  InferValues data;
  bool sound = false;  // each member is right in itself
};

struct InferOutputBody {
  std::string name;
  InferParameters parameters;
};

struct InferBody {
  std::string id;
  InferParameters parameters;
  std::vector<InferInputBody> inputs;
  std::vector<InferOutputBody> outputs;
};

}  // namespace

template <>
struct EnumNames<Datatype> {
  static constexpr std::array<std::string_view, datatypes> names{"BOOL",  "UINT8", "UINT16", "UINT32", "UINT64", "INT8",  "INT16",
                                                                 "INT32", "INT64", "FP16",   "FP32",   "FP64",   "BYTES", "BF16"};
};

template <>
struct Codec<InferValues> {
  static void read(const JsonValue& v, InferValues& out, const Rules&, Reading& r) {
    if (!v.is_list()) return wrong_kind(v, "a list of values", r);
    out.value = v;
  }
  static void schema(JsonWriter& w, const Rules&) {
    w.member("type", "array").member_raw("items", R"({"type":["number","string","boolean","array"]})");
  }
};

template <>
struct Codec<InferParameters> {
  static void read(const JsonValue& v, InferParameters& out, const Rules& rules, Reading& r) {
    if (!check_any_object(v, rules, r)) return;
    out.object = v;
    if (v.find("shared_memory_region")) r.fault_at("shared_memory_region", "is not possible here", "data in the request");
  }
  static void schema(JsonWriter& w, const Rules&) { w.member("type", "object"); }
};

template <>
struct Description<InferInputBody> {
  static constexpr auto fields() {
    return std::array{
        field<&InferInputBody::name>("name", "as the model's metadata has it").length(1, longest_name).required(),
        field<&InferInputBody::shape>("shape", "the extents")
            .range(0, std::numeric_limits<std::int64_t>::max())
            .items(0, most_dimensions)
            .required(),
        field<&InferInputBody::datatype>("datatype", "of its values").required(),
        field<&InferInputBody::parameters>("parameters", "binary_data_size: so many bytes behind the JSON are its values"),
        field<&InferInputBody::data>("data", "its values, row-major, flat or nested; without binary_data_size"),
    };
  }
  static void check(InferInputBody& input, Reading&) { input.sound = true; }
};

template <>
struct Description<InferOutputBody> {
  static constexpr auto fields() {
    return std::array{
        field<&InferOutputBody::name>("name", "as the model's metadata has it").length(1, longest_name).required(),
        field<&InferOutputBody::parameters>("parameters",
                                            "binary_data: as bytes behind the JSON; classification: so many of the likeliest classes"),
    };
  }
};

template <>
struct Description<InferBody> {
  static constexpr auto fields() {
    return std::array{
        field<&InferBody::id>("id", "is told back").length(0, longest_id),
        field<&InferBody::parameters>("parameters", "binary_data_output: all outputs as bytes behind the JSON"),
        field<&InferBody::inputs>("inputs", "every input of the model").items(1, most_tensors).required(),
        field<&InferBody::outputs>("outputs", "those that are wanted; without it, all").items(0, most_tensors),
    };
  }
};

namespace {

std::optional<JsonValue> parameter_of(const InferParameters& parameters, std::string_view name) {
  return parameters.object ? parameters.object->find(name) : std::nullopt;
}

// False, with a fault, where it is there and no truth value.
std::optional<bool> truth_parameter(const InferParameters& parameters, std::string_view name, Reading& reading) {
  const std::optional<JsonValue> value = parameter_of(parameters, name);
  if (!value) return std::nullopt;
  const PathStep step(reading, "parameters");
  if (!value->is_bool()) reading.fault_at(name, "is " + std::string(describe_kind(value->kind())), "true or false");
  return value->boolean();
}

std::optional<std::uint64_t> count_parameter(const InferParameters& parameters, std::string_view name, std::int64_t most,
                                             Reading& reading) {
  const std::optional<JsonValue> value = parameter_of(parameters, name);
  if (!value) return std::nullopt;
  const std::optional<std::int64_t> number = value->as_int64();
  if (number && *number >= 0 && *number <= most) return static_cast<std::uint64_t>(*number);
  const PathStep step(reading, "parameters");
  reading.fault_at(name, "is no such number", "an integer from 0 to " + std::to_string(most));
  return std::nullopt;
}

const TensorSpec* infer_spec(const std::vector<TensorSpec>& specs, std::string_view name) {
  const auto found = std::ranges::find(specs, name, &TensorSpec::name);
  return found == specs.end() ? nullptr : &*found;
}

std::string names_among(const std::vector<TensorSpec>& specs) {
  constexpr std::size_t shown = 8;
  std::string words = specs.size() == 1 ? "" : "one of ";
  for (std::size_t i = 0; i < specs.size() && i < shown; ++i) words.append(i > 0 ? ", '" : "'").append(specs[i].name).append("'");
  return specs.size() > shown ? words + " …" : words;
}

std::string words_of(const TensorSpec& spec) { return std::string(to_string(spec.datatype)) + " " + to_text(spec.shape); }

bool shape_fits(const Shape& given, const Shape& wanted) {
  return std::ranges::equal(given, wanted, [](std::int64_t one, std::int64_t any) { return any == -1 || one == any; });
}

class InferReader {
 public:
  InferReader(std::string_view binary, const engine::Signature& model, Reading& reading)
      : binary_(binary), model_(model), reading_(reading) {}

  InferRequest read(InferBody& body) {
    request_.id = std::move(body.id);
    if (truth_parameter(body.parameters, "binary_data_output", reading_).value_or(false)) request_.form = TensorForm::binary;
    each(body.inputs, "inputs", [this](InferInputBody& input) { read_input(input); });
    each(body.outputs, "outputs", [this](InferOutputBody& output) { read_output(output); });
    if (!body.inputs.empty()) check_inputs(body);
    if (body.outputs.empty() && request_.form == TensorForm::json) check_all_outputs();
    return std::move(request_);
  }

 private:
  template <class Body, class Read>
  void each(std::vector<Body>& bodies, std::string_view member, Read read_one) {
    const PathStep step(reading_, member);
    for (std::size_t i = 0; i < bodies.size() && !reading_.full(); ++i) {
      const PathStep at(reading_, i);
      read_one(bodies[i]);
    }
  }

  void read_input(InferInputBody& input) {
    const std::size_t faults = reading_.count();
    const std::string_view bytes = take_binary(input);
    if (!input.sound) return;
    const bool known_before = std::ranges::find(request_.inputs, input.name, &Tensor::name) != request_.inputs.end();
    if (known_before) return reading_.fault_at("name", "names an input a second time", "each input once");
    const TensorSpec* const spec = infer_spec(model_.inputs, input.name);
    if (spec == nullptr) return reading_.fault_at("name", "is no input of this model", names_among(model_.inputs));
    Tensor& tensor = request_.inputs.emplace_back();
    tensor.name = std::move(input.name);
    tensor.datatype = input.datatype;
    tensor.shape = std::move(input.shape);
    check_spec(tensor, *spec);
    if (!element_count(tensor.shape)) reading_.fault_at("shape", "is more than a tensor can hold", to_text(spec->shape));
    if (reading_.count() == faults) fill(tensor, input, bytes);
  }

  void check_spec(const Tensor& tensor, const TensorSpec& spec) {
    if (tensor.datatype != spec.datatype) {
      reading_.fault_at("datatype", "is " + std::string(to_string(tensor.datatype)), std::string(to_string(spec.datatype)));
    }
    if (!shape_fits(tensor.shape, spec.shape)) reading_.fault_at("shape", "is " + to_text(tensor.shape), to_text(spec.shape));
  }

  // Its part of what stands behind the JSON.
  std::string_view take_binary(const InferInputBody& input) {
    constexpr std::string_view name = "binary_data_size";
    const std::optional<std::uint64_t> size = count_parameter(input.parameters, name, std::numeric_limits<std::int64_t>::max(), reading_);
    if (!size) return {};
    const std::string_view bytes = binary_.substr(0, std::min<std::uint64_t>(*size, binary_.size()));
    binary_.remove_prefix(bytes.size());
    if (bytes.size() < *size) {
      const PathStep step(reading_, "parameters");
      reading_.fault_at(name, "is more than stands behind the JSON",
                        "at most the " + std::to_string(bytes.size()) + " bytes that are left; " + std::string(header_length_field) +
                            " says where the JSON ends");
    }
    return bytes;
  }

  void fill(Tensor& tensor, const InferInputBody& input, std::string_view bytes) {
    const bool binary = parameter_of(input.parameters, "binary_data_size").has_value();
    if (binary == input.data.value.has_value()) {
      return reading_.fault_at("data", binary ? "stands beside binary_data_size" : "is missing",
                               binary ? "one of the two" : "a list of values, or binary_data_size in parameters");
    }
    if (binary) {
      tensor.bytes.assign(bytes);
      const char* const fault = fault_in(tensor);
      const PathStep step(reading_, "parameters");
      if (fault != nullptr) reading_.fault_at("binary_data_size", std::string("gives the tensor ") + fault, bytes_words(tensor));
    } else if (!has_json_form(tensor.datatype)) {
      reading_.fault_at("data", "cannot hold " + std::string(to_string(tensor.datatype)), "binary data: binary_data_size in parameters");
    } else {
      const PathStep step(reading_, "data");
      read_data(*input.data.value, tensor.datatype, tensor.shape, tensor.bytes, reading_);
    }
  }

  static std::string bytes_words(const Tensor& tensor) {
    if (tensor.datatype == Datatype::boolean) return "bytes of 0 and 1, as many as the shape " + to_text(tensor.shape) + " says";
    if (tensor.datatype == Datatype::bytes) return "as many elements as the shape says, each behind its length in four bytes";
    const std::uint64_t count = element_count(tensor.shape).value_or(0);
    return std::to_string(count) + " values of " + std::to_string(width_of(tensor.datatype)) + " bytes";
  }

  void read_output(InferOutputBody& output) {
    const bool known_before = std::ranges::find(request_.outputs, output.name, &InferOutput::name) != request_.outputs.end();
    if (known_before) return reading_.fault_at("name", "names an output a second time", "each output once");
    const TensorSpec* const spec = infer_spec(model_.outputs, output.name);
    if (spec == nullptr && !model_.outputs.empty() && !output.name.empty()) {
      return reading_.fault_at("name", "is no output of this model", names_among(model_.outputs));
    }
    InferOutput& wanted = request_.outputs.emplace_back();
    wanted.name = std::move(output.name);
    wanted.form = request_.form;
    if (const auto binary = truth_parameter(output.parameters, "binary_data", reading_)) {
      wanted.form = *binary ? TensorForm::binary : TensorForm::json;
    }
    wanted.classes = static_cast<std::uint32_t>(count_parameter(output.parameters, "classification", most_classes, reading_).value_or(0));
    if (spec != nullptr && wanted.form == TensorForm::json) check_form(*spec);
  }

  void check_form(const TensorSpec& spec) {
    if (has_json_form(spec.datatype)) return;
    reading_.fault("is " + std::string(to_string(spec.datatype)) + ", which has no form in JSON",
                   "\"parameters\": {\"binary_data\": true}");
  }

  // What no single one of them shows.
  void check_inputs(const InferBody& body) {
    const PathStep step(reading_, "inputs");
    for (const TensorSpec& spec : model_.inputs) {
      const auto same_name = [&spec](const auto& one) { return one.name == spec.name; };
      const bool there = std::ranges::any_of(request_.inputs, same_name) || std::ranges::any_of(body.inputs, same_name);
      if (!there) reading_.fault("lack '" + spec.name + "'", words_of(spec));
    }
    if (binary_.empty() || !reading_.clean()) return;
    reading_.fault("leave " + std::to_string(binary_.size()) + " bytes behind the JSON that are nobody's", "what binary_data_size says");
  }

  void check_all_outputs() {
    for (const TensorSpec& spec : model_.outputs) {
      if (has_json_form(spec.datatype)) continue;
      reading_.fault_at("outputs", "cannot all be JSON: '" + spec.name + "' is " + std::string(to_string(spec.datatype)),
                        "\"parameters\": {\"binary_data_output\": true}");
    }
  }

  std::string_view binary_;  // not taken yet
  const engine::Signature& model_;
  Reading& reading_;
  InferRequest request_;
};

}  // namespace

Result<InferBytes> split_infer_body(std::string_view body, std::optional<std::string_view> header_length) {
  if (!header_length) return InferBytes{body, {}};
  std::size_t length = 0;
  const char* const end = header_length->data() + header_length->size();
  const auto read = std::from_chars(header_length->data(), end, length);
  if (read.ec != std::errc() || read.ptr != end || length > body.size()) {
    return caller_error("invalid_header_length", std::string(header_length_field) +
                                                     " must be the length of the JSON at the body's beginning: at most " +
                                                     std::to_string(body.size()) + " here")
        .with_param(std::string(header_length_field));
  }
  return InferBytes{body.substr(0, length), body.substr(length)};
}

InferRequest read_infer_request(const JsonValue& root, std::string_view binary, const engine::Signature& model, Reading& reading) {
  InferBody body;
  Codec<InferBody>::read(root, body, Rules{}, reading);
  return InferReader(binary, model, reading).read(body);
}

void infer_request_schema(JsonWriter& w) { write_schema_of<InferBody>(w); }

}  // namespace gatehouse::wire
