#include "model_guard.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gatehouse/wire/tensor/tensor.h"

namespace gatehouse::adapters {
namespace {

constexpr int deepest = 32;

Error unusable(const std::string& what) { return operator_error("model_file_unusable", "the ONNX file cannot be used: " + what); }

// One field of a message. Of a number value holds it, of anything with bytes they stand in bytes.
struct Part {
  std::uint32_t field = 0;
  bool has_bytes = false;
  std::uint64_t value = 0;
  std::string_view bytes;
};

// The fields of one message, in order.
class Parts {
 public:
  explicit Parts(std::string_view message) : rest_(message) {}

  // Nothing at the end, and where the encoding is broken.
  std::optional<Part> next() {
    if (rest_.empty()) return std::nullopt;
    const std::optional<std::uint64_t> tag = varint();
    if (!tag || *tag >> 3 == 0 || *tag >> 3 > most_field) return broken();
    Part part;
    part.field = static_cast<std::uint32_t>(*tag >> 3);
    switch (*tag & 7) {
      case 0:
        return number(part);
      case 1:
        return fixed(part, 8);
      case 2:
        return text(part);
      case 5:
        return fixed(part, 4);
      default:
        return broken();  // groups, which nobody writes
    }
  }
  bool is_broken() const { return broken_; }

 private:
  static constexpr std::uint64_t most_field = (1U << 29) - 1;

  std::optional<Part> broken() {
    broken_ = true;
    return std::nullopt;
  }
  std::optional<Part> number(Part part) {
    const std::optional<std::uint64_t> value = varint();
    if (!value) return broken();
    part.value = *value;
    return part;
  }
  std::optional<Part> fixed(Part part, std::size_t width) {
    if (rest_.size() < width) return broken();
    rest_.remove_prefix(width);
    return part;
  }
  std::optional<Part> text(Part part) {
    const std::optional<std::uint64_t> length = varint();
    if (!length || *length > rest_.size()) return broken();
    part.has_bytes = true;
    part.bytes = rest_.substr(0, *length);
    rest_.remove_prefix(*length);
    return part;
  }
  std::optional<std::uint64_t> varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      value |= static_cast<std::uint64_t>(byte & 0x7fU) << shift;
      if ((byte & 0x80U) == 0) return value;
    }
    return std::nullopt;
  }

  std::string_view rest_;
  bool broken_ = false;
};

// The messages of onnx.proto in which tensors can stand.
enum class Message : std::uint8_t { model, graph, node, attribute, function, tensor, forbidden };

struct Way {
  Message from;
  std::uint32_t field;
  Message to;
};
constexpr std::array ways{
    Way{Message::model, 7, Message::graph},           // graph
    Way{Message::model, 20, Message::forbidden},      // training_info
    Way{Message::model, 25, Message::function},       // functions
    Way{Message::graph, 1, Message::node},            // node
    Way{Message::graph, 5, Message::tensor},          // initializer
    Way{Message::graph, 15, Message::forbidden},      // sparse_initializer
    Way{Message::node, 5, Message::attribute},        // attribute
    Way{Message::function, 7, Message::node},         // node
    Way{Message::function, 11, Message::attribute},   // attribute_proto
    Way{Message::attribute, 5, Message::tensor},      // t
    Way{Message::attribute, 6, Message::graph},       // g
    Way{Message::attribute, 10, Message::tensor},     // tensors
    Way{Message::attribute, 11, Message::graph},      // graphs
    Way{Message::attribute, 22, Message::forbidden},  // sparse_tensor
    Way{Message::attribute, 23, Message::forbidden},  // sparse_tensors
};

const Way* way_of(Message from, std::uint32_t field) {
  for (const Way& way : ways) {
    if (way.from == from && way.field == field) return &way;
  }
  return nullptr;
}

// TensorProto.DataType, as far as its elements have a width.
constexpr std::array<std::size_t, 17> widths{0, 4, 1, 1, 2, 2, 4, 8, 0, 1, 2, 8, 4, 8, 8, 16, 2};

// Everything of a tensor that says how large it is.
class TensorFacts {
 public:
  Status take(const Part& part) {
    constexpr std::uint32_t dims = 1, data_type = 2, raw_data = 9, external_data = 13, data_location = 14;
    if (part.field == external_data || (part.field == data_location && part.value != 0)) {
      return unusable("a tensor's values stand in another file; convert it with them inside (save_as_external_data=False)");
    }
    if (part.field == dims) return take_extents(part);
    if (part.field == data_type) type_ = part.value;
    if (part.field == raw_data) raw_ = part.bytes.size();
    return ok();
  }
  Status check() const {
    const std::optional<std::uint64_t> count = wire::element_count(extents_);
    if (!count) return unusable("a tensor has a shape that no tensor has");
    const std::size_t width = type_ < widths.size() ? widths[type_] : 0;
    if (!raw_ || width == 0) return ok();
    if (*raw_ % width != 0 || *raw_ / width != *count) return unusable("a tensor has another number of bytes than its shape says");
    return ok();
  }

 private:
  // One by one, or packed.
  Status take_extents(const Part& part) {
    if (!part.has_bytes) return add(part.value);
    std::uint64_t value = 0;
    unsigned shift = 0;
    for (const char c : part.bytes) {
      const auto byte = static_cast<unsigned char>(c);
      if (shift >= 64) return unusable("its encoding is broken");
      value |= static_cast<std::uint64_t>(byte & 0x7fU) << shift;
      shift += 7;
      if ((byte & 0x80U) != 0) continue;
      GH_CHECK(add(value));
      value = shift = 0;
    }
    return shift == 0 ? ok() : Status(unusable("its encoding is broken"));
  }
  Status add(std::uint64_t extent) {
    if (extents_.size() >= wire::most_dimensions) return unusable("a tensor has a shape that no tensor has");
    extents_.push_back(static_cast<std::int64_t>(extent));
    return ok();
  }

  std::vector<std::int64_t> extents_;
  std::uint64_t type_ = 0;
  std::optional<std::size_t> raw_;
};

Status check_tensor_message(std::string_view message) {
  Parts parts(message);
  TensorFacts facts;
  while (const std::optional<Part> part = parts.next()) GH_CHECK(facts.take(*part));
  if (parts.is_broken()) return unusable("its encoding is broken");
  return facts.check();
}

Status check_message(Message kind, std::string_view message, int depth) {
  if (kind == Message::forbidden) return unusable("it holds sparse tensors or a training graph");
  if (kind == Message::tensor) return check_tensor_message(message);
  if (depth > deepest) return unusable("its graphs are nested too deep");
  Parts parts(message);
  while (const std::optional<Part> part = parts.next()) {
    const Way* way = way_of(kind, part->field);
    if (way == nullptr) continue;
    if (!part->has_bytes) return unusable("its encoding is broken");
    GH_CHECK(check_message(way->to, part->bytes, depth + 1));
  }
  return parts.is_broken() ? Status(unusable("its encoding is broken")) : ok();
}

}  // namespace

Status check_onnx_file(std::string_view bytes) {
  if (bytes.empty()) return unusable("it is empty");
  return check_message(Message::model, bytes, 0);
}

}  // namespace gatehouse::adapters
