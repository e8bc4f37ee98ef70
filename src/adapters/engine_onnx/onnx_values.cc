#include "onnx_values.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace gatehouse::adapters {
namespace {

constexpr std::string_view failed = "infer_failed";

Error too_large() {
  return caller_error("output_too_large", "The model's outputs for this input are larger than one answer can hold: send fewer rows");
}

// What its name and shape take in an answer, about.
std::size_t beside(const wire::Tensor& tensor) {
  return tensor.name.size() + tensor.shape.size() * sizeof(std::int64_t) + sizeof(std::uint64_t);
}

Error foreign_output(const std::string& name) {
  return operator_error(failed, "The output '" + name + "' is no tensor of a type that can be sent");
}

Result<OnnxValue> strings_of(const wire::Tensor& tensor) {
  const OrtApi& api = onnx_api();
  OrtAllocator* allocator = nullptr;
  GH_CHECK(onnx_status(api.GetAllocatorWithDefaultOptions(&allocator), failed));
  OrtValue* made = nullptr;
  GH_CHECK(onnx_status(
      api.CreateTensorAsOrtValue(allocator, tensor.shape.data(), tensor.shape.size(), ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING, &made),
      failed));
  OnnxValue value(made);
  std::vector<std::string> texts;  // ended by a zero
  for (const std::string_view element : wire::bytes_elements(tensor.bytes)) texts.emplace_back(element);
  std::vector<const char*> pointers;
  for (const std::string& text : texts) pointers.push_back(text.c_str());
  GH_CHECK(onnx_status(api.FillStringTensor(made, pointers.data(), pointers.size()), failed));
  return value;
}

Result<wire::Shape> shape_of(const OrtTensorTypeAndShapeInfo& info) {
  const OrtApi& api = onnx_api();
  std::size_t dimensions = 0;
  GH_CHECK(onnx_status(api.GetDimensionsCount(&info, &dimensions), failed));
  if (dimensions > wire::most_dimensions) return operator_error(failed, "A tensor has more dimensions than can be sent");
  wire::Shape shape(dimensions);
  GH_CHECK(onnx_status(api.GetDimensions(&info, shape.data(), dimensions), failed));
  return shape;
}

Result<std::string> texts_in(const OrtValue& value, std::size_t count, std::size_t room) {
  const OrtApi& api = onnx_api();
  std::size_t length = 0;
  GH_CHECK(onnx_status(api.GetStringTensorDataLength(&value, &length), failed));
  if (length > room || count > (room - length) / sizeof(std::uint32_t)) return too_large();
  std::string all(length, '\0');
  std::vector<std::size_t> offsets(count + 1, length);
  if (count > 0) GH_CHECK(onnx_status(api.GetStringTensorContent(&value, all.data(), length, offsets.data(), count), failed));
  std::string bytes;
  for (std::size_t i = 0; i < count; ++i) {
    wire::append_bytes_element(bytes, std::string_view(all).substr(offsets[i], offsets[i + 1] - offsets[i]));
  }
  return bytes;
}

}  // namespace

Result<OnnxValue> onnx_value_of(const wire::Tensor& tensor, const OrtMemoryInfo& memory) {
  if (tensor.datatype == wire::Datatype::bytes) return strings_of(tensor);
  OrtValue* made = nullptr;
  // tidy(cast): inputs are not written to; ONNX Runtime's interface has no word for that
  void* data = const_cast<char*>(tensor.bytes.data());  // NOLINT(cppcoreguidelines-pro-type-const-cast)
  GH_CHECK(onnx_status(onnx_api().CreateTensorWithDataAsOrtValue(&memory, data, tensor.bytes.size(), tensor.shape.data(),
                                                                 tensor.shape.size(), onnx_type_of(tensor.datatype), &made),
                       failed));
  return OnnxValue(made);
}

Result<wire::Tensor> tensor_of(const std::string& name, OrtValue& value, std::size_t& room) {
  const OrtApi& api = onnx_api();
  int is_tensor = 0;
  GH_CHECK(onnx_status(api.IsTensor(&value, &is_tensor), failed));
  if (is_tensor == 0) return foreign_output(name);
  OrtTensorTypeAndShapeInfo* described = nullptr;
  GH_CHECK(onnx_status(api.GetTensorTypeAndShape(&value, &described), failed));
  const OnnxShapeInfo info(described);
  ONNXTensorElementDataType type = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
  GH_CHECK(onnx_status(api.GetTensorElementType(described, &type), failed));
  const std::optional<wire::Datatype> datatype = datatype_of(type);
  if (!datatype) return foreign_output(name);
  wire::Tensor tensor;
  tensor.name = name;
  tensor.datatype = *datatype;
  GH_TRY(tensor.shape, shape_of(*described));
  const std::optional<std::uint64_t> count = wire::element_count(tensor.shape);
  const std::size_t width = wire::width_of(*datatype);
  if (!count || (width > 0 && *count > room / width)) return too_large();
  if (width == 0) {
    GH_TRY(tensor.bytes, texts_in(value, *count, room));
  } else if (*count > 0) {
    void* data = nullptr;
    GH_CHECK(onnx_status(api.GetTensorMutableData(&value, &data), failed));
    tensor.bytes.assign(static_cast<const char*>(data), *count * width);
  }
  room -= tensor.bytes.size();
  room -= std::min(room, beside(tensor));
  return tensor;
}

Result<wire::TensorSpec> spec_of(std::string name, const OrtTypeInfo& type) {
  const OrtApi& api = onnx_api();
  const OrtTensorTypeAndShapeInfo* info = nullptr;
  GH_CHECK(onnx_status(api.CastTypeInfoToTensorInfo(&type, &info), "model_load_failed"));
  ONNXTensorElementDataType element = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
  if (info != nullptr) GH_CHECK(onnx_status(api.GetTensorElementType(info, &element), "model_load_failed"));
  const std::optional<wire::Datatype> datatype = datatype_of(element);
  if (!datatype) {
    return operator_error("model_load_failed", "'" + name +
                                                   "' is no tensor of a type that can be sent; of scikit-learn's classifiers, "
                                                   "export with the option zipmap set to False");
  }
  wire::TensorSpec spec;
  spec.name = std::move(name);
  spec.datatype = *datatype;
  GH_TRY(spec.shape, shape_of(*info));
  return spec;
}

}  // namespace gatehouse::adapters
