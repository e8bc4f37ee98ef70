#include "onnx/tensor.h"

#include <array>
#include <limits>

namespace gatehouse::wire::onnx {
namespace {

struct TypeFacts {
  std::size_t width;
  std::string_view name;
};
constexpr std::array<TypeFacts, 17> type_facts{{{0, ""},
                                                {4, "FP32"},
                                                {1, "UINT8"},
                                                {1, "INT8"},
                                                {2, "UINT16"},
                                                {2, "INT16"},
                                                {4, "INT32"},
                                                {8, "INT64"},
                                                {0, "BYTES"},
                                                {1, "BOOL"},
                                                {2, "FP16"},
                                                {8, "FP64"},
                                                {4, "UINT32"},
                                                {8, "UINT64"},
                                                {8, ""},
                                                {16, ""},
                                                {2, "BF16"}}};

const TypeFacts& facts_of(DataType type) {
  const auto number = static_cast<std::size_t>(type);
  return type_facts.at(number < type_facts.size() ? number : 0);
}

Error outside(const Tensor& tensor) {
  return operator_error("onnx_external_data", "the tensor " + shown(tensor.name) +
                                                  " keeps its data in another file; a model is one file: save it without external data");
}

class TensorParser {
 public:
  Result<Tensor> parse(std::string_view message) {
    GH_CHECK(each_field(message, [this](const Field& field) { return part(field); }));
    if (outside_) return outside(tensor_);
    if (type_ <= 0 || type_ >= static_cast<std::int64_t>(type_facts.size())) {
      return unsupported_onnx("the tensor " + shown(tensor_.name) + " is of type " + std::to_string(type_) +
                              ", which this version does not know");
    }
    tensor_.type = static_cast<DataType>(type_);
    GH_CHECK(measure());
    GH_CHECK(hold_against_shape());
    return std::move(tensor_);
  }

 private:
  // The numbers that the fields of a tensor have.
  enum Part : std::uint32_t {
    dims = 1,
    data_type = 2,
    segment = 3,
    float_data = 4,
    int32_data = 5,
    string_data = 6,
    int64_data = 7,
    name = 8,
    raw_data = 9,
    double_data = 10,
    uint64_data = 11,
    external_data = 13,
    data_location = 14,
  };

  Status part(const Field& field) {
    switch (field.number) {
      case dims:
        return append(field, tensor_.shape);
      case data_type:
        return take(field, type_);
      case float_data:
        return append(field, tensor_.floats);
      case int32_data:
      case int64_data:
      case uint64_data:
        return append(field, tensor_.ints);
      case string_data:
        return append(field, tensor_.texts);
      case double_data:
        return append(field, tensor_.doubles);
      case name:
        return take(field, tensor_.name);
      case raw_data:
        has_raw_ = true;
        return take(field, tensor_.raw);
      case segment:
        return unsupported_onnx("a tensor comes in segments");
      case external_data:
        outside_ = true;
        return ok();
      case data_location: {
        std::int64_t location = 0;
        GH_CHECK(take(field, location));
        outside_ = outside_ || location != 0;
        return ok();
      }
      default:
        return ok();
    }
  }

  Status measure() {
    if (tensor_.shape.size() > most_dimensions) return invalid_onnx("the tensor " + shown(tensor_.name) + " has too many dimensions");
    std::uint64_t product = 1;
    bool nothing = false;
    for (const std::int64_t extent : tensor_.shape) {
      const auto length = static_cast<std::uint64_t>(extent);
      nothing = nothing || extent == 0;
      if (extent < 0 || (extent > 0 && length > most_elements / product)) {
        return invalid_onnx("the tensor " + shown(tensor_.name) + " has an impossible shape");
      }
      product *= extent > 0 ? length : 1;
    }
    tensor_.elements = nothing ? 0 : product;
    return ok();
  }

  std::uint64_t listed_elements() const {
    switch (tensor_.type) {
      case DataType::f32:
        return tensor_.floats.size();
      case DataType::complex64:
        return tensor_.floats.size() / 2;
      case DataType::f64:
        return tensor_.doubles.size();
      case DataType::complex128:
        return tensor_.doubles.size() / 2;
      case DataType::text:
        return tensor_.texts.size();
      default:
        return tensor_.ints.size();
    }
  }

  Status hold_against_shape() const {
    const bool listed = !tensor_.floats.empty() || !tensor_.doubles.empty() || !tensor_.ints.empty() || !tensor_.texts.empty();
    const std::size_t width = width_of(tensor_.type);
    bool fits = false;
    if (has_raw_ && !tensor_.raw.empty()) {
      fits = !listed && width > 0 && tensor_.raw.size() % width == 0 && tensor_.raw.size() / width == tensor_.elements;
    } else {
      fits = listed_elements() == tensor_.elements;
    }
    if (!fits) return invalid_onnx("the tensor " + shown(tensor_.name) + " does not hold what its shape says");
    return ok();
  }

  Tensor tensor_;
  std::int64_t type_ = 0;
  bool has_raw_ = false, outside_ = false;
};

template <class To, class From>
std::vector<To> copied(std::string_view raw) {
  std::vector<To> out(raw.size() / sizeof(From));
  for (std::size_t i = 0; i < out.size(); ++i) {
    From value;
    std::memcpy(&value, raw.data() + i * sizeof(From), sizeof value);
    out[i] = static_cast<To>(value);
  }
  return out;
}

}  // namespace

std::string_view protocol_name(DataType type) { return facts_of(type).name; }
std::size_t width_of(DataType type) { return facts_of(type).width; }

Result<Tensor> parse_tensor(std::string_view message) { return TensorParser().parse(message); }

std::optional<std::vector<float>> floats_of(const Tensor& tensor) {
  if (tensor.type != DataType::f32) return std::nullopt;
  return tensor.raw.empty() ? tensor.floats : copied<float, float>(tensor.raw);
}

std::optional<std::vector<std::int64_t>> ints_of(const Tensor& tensor) {
  if (tensor.type != DataType::i64 && tensor.type != DataType::i32) return std::nullopt;
  if (tensor.raw.empty()) return tensor.ints;
  return tensor.type == DataType::i64 ? copied<std::int64_t, std::int64_t>(tensor.raw) : copied<std::int64_t, std::int32_t>(tensor.raw);
}

}  // namespace gatehouse::wire::onnx
