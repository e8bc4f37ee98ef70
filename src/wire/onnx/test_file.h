// wire/onnx/test_file.h — for tests: ONNX files written field by field, right ones and wrong ones.
#pragma once
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <string>
#include <string_view>

namespace gatehouse::wire::onnx {

inline std::string varint_of(std::uint64_t value) {
  std::string out;
  for (; value >= 0x80; value >>= 7U) out.push_back(static_cast<char>(value | 0x80U));
  out.push_back(static_cast<char>(value));
  return out;
}
inline std::string number_field(std::uint32_t number, std::uint64_t value) { return varint_of(number << 3U) + varint_of(value); }
inline std::string bytes_field(std::uint32_t number, std::string_view bytes) {
  return varint_of(number << 3U | 2U) + varint_of(bytes.size()) + std::string(bytes);
}
inline std::string float_field(std::uint32_t number, float value) {
  std::string out = varint_of(number << 3U | 5U);
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
  return out;
}

inline std::string tensor_file(std::string_view name, std::uint64_t type, std::initializer_list<std::uint64_t> shape,
                               const std::string& rest) {
  std::string out;
  for (const std::uint64_t extent : shape) out += number_field(1, extent);
  return out + number_field(2, type) + bytes_field(8, name) + rest;
}
inline std::string value_file(std::string_view name, std::uint64_t type, std::initializer_list<std::int64_t> shape) {
  std::string dims;
  for (const std::int64_t extent : shape)
    dims += bytes_field(1, extent < 0 ? bytes_field(2, "n") : number_field(1, static_cast<std::uint64_t>(extent)));
  return bytes_field(1, name) + bytes_field(2, bytes_field(1, number_field(1, type) + bytes_field(2, dims)));
}
inline std::string node_file(std::string_view op, std::string_view input, std::string_view output, const std::string& rest = {}) {
  return bytes_field(1, input) + bytes_field(2, output) + bytes_field(4, op) + rest;
}
inline std::string attribute_file(std::string_view name, std::uint64_t type, const std::string& value) {
  return bytes_field(1, name) + value + number_field(20, type);
}
inline std::string opset_file(std::string_view domain, std::uint64_t version) {
  return bytes_field(8, bytes_field(1, domain) + number_field(2, version));
}
// A graph with an input and an output of four numbers, and these parts.
inline std::string graph_file(const std::string& parts, std::uint64_t type = 1) {
  return parts + bytes_field(11, value_file("X", type, {-1, 4})) + bytes_field(12, value_file("Y", 1, {-1, 4}));
}
inline std::string model_file(const std::string& graph, const std::string& rest = opset_file("", 21)) {
  return number_field(1, 8) + rest + bytes_field(7, graph);
}

}  // namespace gatehouse::wire::onnx
