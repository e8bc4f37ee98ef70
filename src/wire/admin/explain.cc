#include "gatehouse/wire/admin/explain.h"

#include <array>

#include "gatehouse/wire/json/codec.h"

namespace gatehouse::wire {
namespace {

constexpr std::uint32_t longest_credential = 16'384, longest_route = 2048, longest_supposed_word = 128;
constexpr std::int64_t most_tokens_supposed = 1'000'000'000, most_choices_supposed = 1000;

}  // namespace

template <>
struct Description<ExplainParameters> {
  using B = ExplainParameters;
  static constexpr auto fields() {
    return std::array{
        field<&B::max_tokens>("max_tokens", "that the request would ask for").range(1, most_tokens_supposed),
        field<&B::n>("n", "answers that it would ask for").range(1, most_choices_supposed),
        field<&B::temperature>("temperature", "that it would ask for").range(0, 2),
    };
  }
};
template <>
struct Description<ExplainBody> {
  using B = ExplainBody;
  static constexpr auto fields() {
    return std::array{
        field<&B::credential>("credential", "an API key or a token; it is not kept, and this is no use of it")
            .length(0, longest_credential)
            .required(),
        field<&B::route>("route", "such as POST /v1/chat/completions").length(1, longest_route).required(),
        field<&B::model>("model", "that the request would name; without, the default").length(0, longest_supposed_word).nullable(),
        field<&B::address>("address", "that it would come from; without, that is not looked at")
            .length(0, longest_supposed_word)
            .nullable(),
        field<&B::parameters>("parameters", "what it would ask for").nullable(),
    };
  }
};

Result<ExplainBody> read_explain(const JsonValue& body) { return read_described<ExplainBody>(body); }
void explain_schema(JsonWriter& w) { write_schema_of<ExplainBody>(w); }

}  // namespace gatehouse::wire
