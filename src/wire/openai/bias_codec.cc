#include "bias_codec.h"

#include <charconv>

namespace gatehouse::wire {
namespace {

constexpr std::size_t most_id_digits = 9;

constexpr Rules at_most = [] {
  Rules rules;
  rules.max_items = LogitBias::most;
  return rules;
}();

constexpr Rules bias_range = [] {
  Rules rules;
  rules.low = -100, rules.high = 100;
  return rules;
}();

// One spelling a token, so that none is named twice: JSON's own rule against members of the same name then holds for tokens.
std::optional<std::uint32_t> token_of(std::string_view name) {
  if (name.empty() || name.size() > most_id_digits || (name.front() == '0' && name.size() > 1)) return std::nullopt;
  std::uint32_t token = 0;
  const auto read = std::from_chars(name.data(), name.data() + name.size(), token);
  if (read.ec != std::errc() || read.ptr != name.data() + name.size()) return std::nullopt;
  return token;
}

}  // namespace

void Codec<LogitBias>::read(const JsonValue& v, LogitBias& out, const Rules&, Reading& r) {
  if (!check_any_object(v, at_most, r)) return;
  for (const JsonMember member : v.members()) {
    if (r.full()) return;
    const PathStep step(r, member.key);
    const std::optional<std::uint32_t> token = token_of(member.key);
    if (!token) {
      r.fault("is no token id", "the number of a token of the model as the member's name");
      continue;
    }
    double bias = 0;
    read_number(member.value, bias, bias_range, r);
    out.tokens.push_back({*token, static_cast<float>(bias)});
  }
}

void Codec<LogitBias>::schema(JsonWriter& w, const Rules& rules) {
  Rules object = at_most;
  object.nullable = rules.nullable;
  schema_any_object(w, object);
  w.member_raw("propertyNames", R"({"pattern":"^(0|[1-9][0-9]{0,8})$"})");
  w.key("additionalProperties").begin_object();
  schema_number(w, bias_range);
  w.end_object();
}

}  // namespace gatehouse::wire
