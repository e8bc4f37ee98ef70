#include "gatehouse/wire/json/value.h"

#include <cmath>

namespace gatehouse::wire {

std::string_view describe_kind(JsonKind kind) {
  switch (kind) {
    case JsonKind::object:
      return "an object";
    case JsonKind::list:
      return "a list";
    case JsonKind::string:
      return "a string";
    case JsonKind::int64:
    case JsonKind::uint64:
    case JsonKind::real:
      return "a number";
    case JsonKind::true_:
    case JsonKind::false_:
      return "a boolean";
    case JsonKind::null:
      return "null";
  }
  return "a value";
}

std::optional<std::int64_t> JsonValue::as_int64() const {
  if (kind() == JsonKind::int64) return std::bit_cast<std::int64_t>(tape_[at_ + 1]);
  if (kind() != JsonKind::real) return std::nullopt;
  constexpr double exact = 9007199254740992.0;  // 2^53
  const auto number = std::bit_cast<double>(tape_[at_ + 1]);
  if (!(std::abs(number) <= exact) || std::trunc(number) != number) return std::nullopt;
  return static_cast<std::int64_t>(number);
}

std::optional<JsonValue> JsonValue::find(std::string_view key) const {
  for (const JsonMember member : members()) {
    if (member.key == key) return member.value;
  }
  return std::nullopt;
}

}  // namespace gatehouse::wire
