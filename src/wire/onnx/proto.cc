#include "onnx/proto.h"

#include <algorithm>

namespace gatehouse::wire::onnx {
namespace {

constexpr std::size_t longest_varint = 10, longest_shown = 64;
constexpr std::uint64_t most_number = (std::uint64_t{1} << 29U) - 1;

Error cut_short() { return invalid_onnx("the file is cut short, or is no ONNX file: a field reaches beyond what holds it"); }
Error mistyped(const Field& field) {
  return invalid_onnx("the file is no ONNX file: its field " + std::to_string(field.number) + " is of another type");
}

bool varint(std::string_view& rest, std::uint64_t& value) {
  value = 0;
  for (std::size_t i = 0; i < std::min(rest.size(), longest_varint); ++i) {
    const auto byte = static_cast<std::uint8_t>(rest[i]);
    if (i + 1 == longest_varint && byte > 1) return false;  // more than 64 bits
    value |= static_cast<std::uint64_t>(byte & 0x7FU) << (7 * i);
    if (byte < 0x80) {
      rest.remove_prefix(i + 1);
      return true;
    }
  }
  return false;
}

template <class Number>
Status append_fixed(const Field& field, WireType single, std::vector<Number>& values) {
  if (field.type == WireType::bytes) {
    if (field.bytes.size() % sizeof(Number) != 0) return cut_short();
    const std::size_t before = values.size(), more = field.bytes.size() / sizeof(Number);
    values.resize(before + more);
    if (more > 0) std::memcpy(values.data() + before, field.bytes.data(), field.bytes.size());
    return ok();
  }
  if (field.type != single) return mistyped(field);
  Number value;
  std::memcpy(&value, &field.value, sizeof value);  // the low bytes: little-endian
  values.push_back(value);
  return ok();
}

}  // namespace

static_assert(std::endian::native == std::endian::little);

bool FieldReader::take_varint(std::uint64_t& value) { return varint(rest_, value); }

Result<Field> FieldReader::next() {
  std::uint64_t key = 0;
  if (!take_varint(key)) return cut_short();
  Field field;
  const std::uint64_t number = key >> 3U;
  if (number == 0 || number > most_number) return invalid_onnx("the file is no ONNX file: it has a field without a number");
  field.number = static_cast<std::uint32_t>(number);
  field.type = static_cast<WireType>(key & 7U);
  switch (field.type) {
    case WireType::varint:
      if (!take_varint(field.value)) return cut_short();
      return field;
    case WireType::bytes: {
      std::uint64_t length = 0;
      if (!take_varint(length) || length > rest_.size()) return cut_short();
      field.bytes = rest_.substr(0, length);
      rest_.remove_prefix(length);
      return field;
    }
    case WireType::fixed64:
    case WireType::fixed32: {
      const std::size_t width = field.type == WireType::fixed64 ? 8 : 4;
      if (rest_.size() < width) return cut_short();
      std::memcpy(&field.value, rest_.data(), width);
      rest_.remove_prefix(width);
      return field;
    }
  }
  return invalid_onnx("the file is no ONNX file: it has a field of a type that ONNX does not use");
}

Status take(const Field& field, std::int64_t& value) {
  if (field.type != WireType::varint) return mistyped(field);
  value = static_cast<std::int64_t>(field.value);
  return ok();
}

Status take(const Field& field, std::string_view& value) {
  if (field.type != WireType::bytes) return mistyped(field);
  value = field.bytes;
  return ok();
}

Status take(const Field& field, std::string& value) {
  std::string_view bytes;
  GH_CHECK(take(field, bytes));
  value = bytes;
  return ok();
}

Status take(const Field& field, float& value) {
  if (field.type != WireType::fixed32) return mistyped(field);
  value = std::bit_cast<float>(static_cast<std::uint32_t>(field.value));
  return ok();
}

Status append(const Field& field, std::vector<std::int64_t>& values) {
  if (field.type == WireType::varint) {
    values.push_back(static_cast<std::int64_t>(field.value));
    return ok();
  }
  if (field.type != WireType::bytes) return mistyped(field);
  for (std::string_view rest = field.bytes; !rest.empty();) {
    std::uint64_t value = 0;
    if (!varint(rest, value)) return cut_short();
    values.push_back(static_cast<std::int64_t>(value));
  }
  return ok();
}

Status append(const Field& field, std::vector<float>& values) { return append_fixed(field, WireType::fixed32, values); }
Status append(const Field& field, std::vector<double>& values) { return append_fixed(field, WireType::fixed64, values); }

Status append(const Field& field, std::vector<std::string>& values) {
  std::string_view bytes;
  GH_CHECK(take(field, bytes));
  values.emplace_back(bytes);
  return ok();
}

std::string shown(std::string_view name) {
  std::string out(name.substr(0, longest_shown));
  for (char& c : out) {
    if (c < ' ' || c > '~' || c == '\'') c = '?';
  }
  if (name.size() > longest_shown) out += "...";
  return "'" + out + "'";
}

}  // namespace gatehouse::wire::onnx
