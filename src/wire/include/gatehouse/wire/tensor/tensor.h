// wire/tensor/tensor.h — dense values as they cross an engine boundary.
// Shapes   row-major; token ids [batch, sequence], tables [batch, feature]; -1 in a spec = any extent
// Units    bytes.size() == product(shape) * width(datatype), little-endian; of BYTES each element is a u32 length and so many bytes
// Threads  value type: move between threads, never share while mutable
// Errors   shape_mismatch, datatype_mismatch → invalid_argument, origin caller
// Source   Open Inference Protocol, inference_rest.md, "Tensor Data"
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/base/result.h"

namespace gatehouse::wire {

// In the order of the protocol's list, and BF16, which Triton adds; part of the engine protocol: append only.
enum class Datatype : std::uint8_t { boolean, uint8, uint16, uint32, uint64, int8, int16, int32, int64, fp16, fp32, fp64, bytes, bf16 };
inline constexpr std::size_t datatypes = 14;

std::string_view to_string(Datatype type);  // "FP32"
std::optional<Datatype> datatype_named(std::string_view name);
// Bytes an element; 0 of BYTES, whose elements have lengths of their own.
std::size_t width_of(Datatype type);

using Shape = std::vector<std::int64_t>;

struct Tensor {
  std::string name;
  Datatype datatype = Datatype::fp32;
  Shape shape;
  std::string bytes;
  friend bool operator==(const Tensor&, const Tensor&) = default;
};

// What a model takes or gives.
struct TensorSpec {
  std::string name;
  Datatype datatype = Datatype::fp32;
  Shape shape;
  friend bool operator==(const TensorSpec&, const TensorSpec&) = default;
};

inline constexpr std::size_t most_dimensions = 16;

// The product of the extents; nothing where one is negative, there are too many, or the product is no 63-bit number.
std::optional<std::uint64_t> element_count(std::span<const std::int64_t> shape);
// What is wrong with it in itself, or null: the shape, or bytes that are not as many as that takes.
const char* fault_in(const Tensor& tensor);
// The same of a spec: its extents are -1 or not negative.
const char* fault_in(const TensorSpec& spec);

// Whether a tensor may be given for that input: its datatype, its rank and every extent that is not any.
Status check_fit(const Tensor& tensor, const TensorSpec& spec);
// Whether what is wanted (a manifest) can be had (of a graph): nothing, or what differs. A wanted extent may be one of those that are any.
std::optional<std::string> difference(const TensorSpec& wanted, const TensorSpec& had);

// "[-1, 4]"
std::string to_text(std::span<const std::int64_t> shape);

// Elements of BYTES, one after the other.
void append_bytes_element(std::string& out, std::string_view element);
// The elements of a tensor in which there is no fault.
std::vector<std::string_view> bytes_elements(std::string_view bytes);

}  // namespace gatehouse::wire
