// wire/onnx/proto.h — protobuf's wire format, field by field, over bytes that nobody vouches for.
// Rules    views only; groups (which nothing of ONNX has) are refused
// Source   protobuf.dev, "Encoding"
#pragma once
#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/base/result.h"

namespace gatehouse::wire::onnx {

enum class WireType : std::uint8_t { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };

struct Field {
  std::uint32_t number = 0;
  WireType type = WireType::varint;
  std::uint64_t value = 0;  // of the others than bytes
  std::string_view bytes;
};

inline Error invalid_onnx(std::string what) { return operator_error("onnx_invalid", std::move(what)); }
inline Error unsupported_onnx(std::string what) { return operator_error("onnx_unsupported", std::move(what)); }

// Takes fields from the front of a message.
class FieldReader {
 public:
  explicit FieldReader(std::string_view message) : rest_(message) {}
  bool done() const { return rest_.empty(); }
  Result<Field> next();

 private:
  bool take_varint(std::uint64_t& value);
  std::string_view rest_;
};

template <class Visit>
Status each_field(std::string_view message, const Visit& visit) {
  for (FieldReader reader(message); !reader.done();) {
    GH_TRY(const Field field, reader.next());
    GH_CHECK(visit(field));
  }
  return ok();
}

// A single value; the field is of another type: onnx_invalid.
Status take(const Field& field, std::int64_t& value);
Status take(const Field& field, std::string_view& value);
Status take(const Field& field, std::string& value);
Status take(const Field& field, float& value);
// One more value of a list, or many that are packed.
Status append(const Field& field, std::vector<std::int64_t>& values);
Status append(const Field& field, std::vector<float>& values);
Status append(const Field& field, std::vector<double>& values);
Status append(const Field& field, std::vector<std::string>& values);

// A name of the file as it may stand in an error: short, and in letters that can be seen.
std::string shown(std::string_view name);

}  // namespace gatehouse::wire::onnx
