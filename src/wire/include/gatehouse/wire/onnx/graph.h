// wire/onnx/graph.h — an ONNX file as values, read without trust and without a protobuf library.
// Rules    what is made is bounded by the bytes that are there; fields that are not known are stepped over, as protobuf does
//          refused wherever they stand: data outside of the file, sparse tensors, segments, groups, training, a part that comes twice
// Shapes   -1: any extent. Of a tensor: product(shape) · width(type) is what is there, for other types than text
// Threads  pure function. A tensor's raw bytes are a view: keep the file's bytes as long as the graph
// Errors   onnx_invalid (no ONNX file, or one that contradicts itself), onnx_external_data, onnx_unsupported, onnx_too_large → operator
// Source   onnx/onnx.proto (ONNX 1.23), protobuf.dev "Encoding"
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "gatehouse/base/result.h"

namespace gatehouse::wire::onnx {

// By the numbers that the file has.
enum class DataType : std::uint8_t {
  undefined = 0,
  f32 = 1,
  u8 = 2,
  i8 = 3,
  u16 = 4,
  i16 = 5,
  i32 = 6,
  i64 = 7,
  text = 8,
  boolean = 9,
  f16 = 10,
  f64 = 11,
  u32 = 12,
  u64 = 13,
  complex64 = 14,
  complex128 = 15,
  bf16 = 16,
};
// As the Open Inference Protocol names it ("FP32", "BYTES"); empty: it has no name for it.
std::string_view protocol_name(DataType type);
// Bytes of one value; 0: of text, or not known.
std::size_t width_of(DataType type);

// Values that lie in the file as they lie in memory (raw), or were listed one by one: in the list that the type belongs to.
struct Tensor {
  std::string name;
  DataType type = DataType::undefined;
  std::vector<std::int64_t> shape;
  std::uint64_t elements = 0;  // product(shape)
  std::string_view raw;
  std::vector<float> floats;
  std::vector<double> doubles;
  std::vector<std::int64_t> ints;  // whole numbers of every width; bits of half precision
  std::vector<std::string> texts;
};
// Wherever they lie. Nothing where the tensor is of another type.
std::optional<std::vector<float>> floats_of(const Tensor& tensor);
std::optional<std::vector<std::int64_t>> ints_of(const Tensor& tensor);  // i64 or i32

// monostate: an attribute whose value is a graph, which is looked through but not kept.
using AttributeValue = std::variant<std::monostate, float, std::int64_t, std::string, Tensor, std::vector<float>, std::vector<std::int64_t>,
                                    std::vector<std::string>, std::vector<Tensor>>;
struct Attribute {
  std::string name;
  AttributeValue value;
};

struct Node {
  std::string domain, op, name;              // domain "" is ai.onnx
  std::vector<std::string> inputs, outputs;  // "": left out
  std::vector<Attribute> attributes;
  const AttributeValue* find(std::string_view attribute) const;  // null: it has none of this name
};

enum class ValueKind : std::uint8_t { tensor, sequence, map, optional, unknown };
struct ValueInfo {
  std::string name;
  ValueKind kind = ValueKind::unknown;
  DataType type = DataType::undefined;             // of a tensor
  std::optional<std::vector<std::int64_t>> shape;  // of a tensor, where it is said
};

struct Graph {
  std::int64_t ir_version = 0;
  std::string producer;
  std::vector<std::pair<std::string, std::int64_t>> opsets;  // domain, version
  std::vector<Node> nodes;
  std::vector<Tensor> initializers;
  std::vector<ValueInfo> inputs;  // but for those that an initializer gives
  std::vector<ValueInfo> outputs;
  std::uint32_t subgraphs = 0;       // in attributes
  std::uint32_t functions = 0;       // that the file brings
  std::vector<std::string> domains;  // of all operators, wherever they stand, but for those that the file's own functions are
};

// Graphs within nodes, and functions: refused, or looked through by the same rules (no data outside, nothing sparse).
enum class Nested : std::uint8_t { refused, looked_through };

struct Limits {
  std::uint64_t bytes = std::uint64_t{2} << 30U;
  std::uint32_t nodes = 100'000;
  std::uint32_t tensors = 100'000;
  std::uint32_t values = 100'000;  // inputs and outputs
  Nested nested = Nested::refused;
};

Result<Graph> parse_graph(std::string_view bytes, const Limits& limits = {});

}  // namespace gatehouse::wire::onnx
