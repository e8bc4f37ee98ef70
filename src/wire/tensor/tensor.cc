#include "gatehouse/wire/tensor/tensor.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

namespace gatehouse::wire {
namespace {

struct Row {
  std::string_view name;
  std::size_t width;
};
constexpr std::array<Row, datatypes> datatype_rows{{{"BOOL", 1},
                                                    {"UINT8", 1},
                                                    {"UINT16", 2},
                                                    {"UINT32", 4},
                                                    {"UINT64", 8},
                                                    {"INT8", 1},
                                                    {"INT16", 2},
                                                    {"INT32", 4},
                                                    {"INT64", 8},
                                                    {"FP16", 2},
                                                    {"FP32", 4},
                                                    {"FP64", 8},
                                                    {"BYTES", 0},
                                                    {"BF16", 2}}};

constexpr std::uint64_t most_elements = std::numeric_limits<std::int64_t>::max();
constexpr std::size_t length_bytes = sizeof(std::uint32_t);

std::uint32_t length_at(std::string_view bytes) {
  std::uint32_t length = 0;
  std::memcpy(&length, bytes.data(), length_bytes);
  return length;
}

// How many whole elements there are; nothing where the last one is cut off.
std::optional<std::uint64_t> count_elements(std::string_view bytes) {
  std::uint64_t count = 0;
  for (; !bytes.empty(); ++count) {
    if (bytes.size() < length_bytes) return std::nullopt;
    const std::size_t length = length_at(bytes);
    if (bytes.size() - length_bytes < length) return std::nullopt;
    bytes.remove_prefix(length_bytes + length);
  }
  return count;
}

std::string quoted_name(std::string_view name) { return "'" + std::string(name) + "'"; }

bool extents_fit(std::span<const std::int64_t> wanted, std::span<const std::int64_t> given) {
  return std::ranges::equal(wanted, given, [](std::int64_t w, std::int64_t g) { return w == -1 || w == g; });
}

}  // namespace

std::string_view to_string(Datatype type) { return datatype_rows[static_cast<std::size_t>(type)].name; }

std::optional<Datatype> datatype_named(std::string_view name) {
  const auto found = std::ranges::find(datatype_rows, name, &Row::name);
  if (found == datatype_rows.end()) return std::nullopt;
  return static_cast<Datatype>(found - datatype_rows.begin());
}

std::size_t width_of(Datatype type) { return datatype_rows[static_cast<std::size_t>(type)].width; }

std::optional<std::uint64_t> element_count(std::span<const std::int64_t> shape) {
  if (shape.size() > most_dimensions) return std::nullopt;
  std::uint64_t count = 1;
  for (const std::int64_t extent : shape) {
    if (extent < 0) return std::nullopt;
    const auto factor = static_cast<std::uint64_t>(extent);
    if (factor > 0 && count > most_elements / factor) return std::nullopt;
    count *= factor;
  }
  return count;
}

const char* fault_in(const Tensor& tensor) {
  const std::optional<std::uint64_t> count = element_count(tensor.shape);
  if (!count) return "a shape that no tensor has";
  if (tensor.datatype == Datatype::bytes) {
    return count_elements(tensor.bytes) == count ? nullptr : "another number of elements than the shape says";
  }
  const std::size_t width = width_of(tensor.datatype);
  if (*count > most_elements / width || *count * width != tensor.bytes.size()) return "another number of bytes than the shape says";
  if (tensor.datatype == Datatype::boolean && std::ranges::any_of(tensor.bytes, [](char c) { return c != 0 && c != 1; })) {
    return "a truth value that is neither 0 nor 1";
  }
  return nullptr;
}

const char* fault_in(const TensorSpec& spec) {
  const bool well = spec.shape.size() <= most_dimensions && std::ranges::all_of(spec.shape, [](std::int64_t e) { return e >= -1; });
  return well ? nullptr : "a shape that no tensor has";
}

Status check_fit(const Tensor& tensor, const TensorSpec& spec) {
  if (tensor.datatype != spec.datatype) {
    return caller_error("datatype_mismatch", "The input " + quoted_name(spec.name) + " takes " + std::string(to_string(spec.datatype)) +
                                                 ", and " + std::string(to_string(tensor.datatype)) + " was given")
        .with_param(spec.name);
  }
  if (extents_fit(spec.shape, tensor.shape)) return ok();
  return caller_error("shape_mismatch", "The input " + quoted_name(spec.name) + " has the shape " + to_text(spec.shape) + ", and " +
                                            to_text(tensor.shape) + " was given")
      .with_param(spec.name);
}

std::optional<std::string> difference(const TensorSpec& wanted, const TensorSpec& had) {
  if (wanted.name != had.name) return "is called " + quoted_name(had.name);
  if (wanted.datatype != had.datatype) return "is " + std::string(to_string(had.datatype));
  if (extents_fit(had.shape, wanted.shape)) return std::nullopt;
  return "has the shape " + to_text(had.shape);
}

std::string to_text(std::span<const std::int64_t> shape) {
  std::string text = "[";
  for (const std::int64_t extent : shape) text.append(text.size() > 1 ? ", " : "").append(std::to_string(extent));
  return text + "]";
}

void append_bytes_element(std::string& out, std::string_view element) {
  const auto length = static_cast<std::uint32_t>(element.size());
  char bytes[length_bytes];
  std::memcpy(bytes, &length, length_bytes);
  out.append(bytes, length_bytes).append(element);
}

std::vector<std::string_view> bytes_elements(std::string_view bytes) {
  std::vector<std::string_view> elements;
  while (bytes.size() >= length_bytes) {
    const std::size_t length = length_at(bytes);
    elements.push_back(bytes.substr(length_bytes, length));
    bytes.remove_prefix(std::min(bytes.size(), length_bytes + length));
  }
  return elements;
}

}  // namespace gatehouse::wire
