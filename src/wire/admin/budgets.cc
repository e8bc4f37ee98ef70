#include "gatehouse/wire/admin/budgets.h"

#include <array>
#include <charconv>

#include "gatehouse/wire/json/codec.h"

namespace gatehouse::wire {
namespace {

constexpr std::uint32_t longest_budget_id = 64;
constexpr double largest_budget = 1e18;
constexpr std::array<std::string_view, 2> budget_units{"tokens", "money"};
constexpr std::array<std::string_view, 3> budget_periods{"day", "month", "total"};

std::string plain_text(const JsonValue& number) {
  if (const auto whole = number.as_int64()) return std::to_string(*whole);
  std::array<char, 400> text{};  // of the smallest double there are 324 zeros first
  const auto written = std::to_chars(text.data(), text.data() + text.size(), number.as_double().value_or(0), std::chars_format::fixed);
  return std::string(text.data(), written.ptr);
}

}  // namespace

template <>
struct Codec<Decimal> {
  static void read(const JsonValue& v, Decimal& out, const Rules&, Reading& r) {
    const std::optional<double> number = v.as_double();
    if (!number) return wrong_kind(v, "a number above 0", r);
    if (*number <= 0) return r.fault("is too small", "a number above 0");
    if (*number > largest_budget) return r.fault("is too large", "at most 1000000000000000000");
    out.text = plain_text(v);
  }
  static void schema(JsonWriter& w, const Rules& rules) {
    write_type(w, "number", rules.nullable);
    w.member("exclusiveMinimum", 0).member("maximum", largest_budget);
  }
};

template <>
struct Description<BudgetBody> {
  using B = BudgetBody;
  static constexpr auto fields() {
    return std::array{
        field<&B::amount>("amount", "how much there is from now on, spent or not: tokens, or money with up to 9 decimals"),
    };
  }
};

template <>
struct Description<NewBudgetBody> {
  using B = NewBudgetBody;
  static constexpr auto fields() {
    return std::array{
        field<&B::tenant_id>("tenant_id", "whose it is; without, who asks").length(1, longest_budget_id).nullable(),
        field<&B::user_id>("user_id", "of this user alone, whatever key they use").length(1, longest_budget_id).nullable(),
        field<&B::key_id>("key_id", "of this API key alone; with neither, of the whole tenant").length(1, longest_budget_id).nullable(),
        field<&B::unit>("unit", "what it counts").choices(budget_units).required(),
        field<&B::amount>("amount", "how much there is: tokens, or money of the currency that prices are in, with up to 9 decimals")
            .required(),
        field<&B::period>("period", "after which it begins anew, in the tenant's time zone; total is never")
            .choices(budget_periods)
            .required(),
    };
  }
  static void across(JsonWriter& w) {
    w.member_raw("if", R"({"properties":{"unit":{"const":"tokens"}}})");
    w.member_raw("then", R"({"properties":{"amount":{"type":"integer"}}})");
    w.member_raw("else", R"({"properties":{"amount":{"maximum":1000000000}}})");
  }
  static void check(const B& body, Reading& reading) {
    if (body.user_id && body.key_id) reading.fault_at("key_id", "stands beside a user_id", "one of user_id and key_id, or neither");
  }
};

Result<NewBudgetBody> read_new_budget(const JsonValue& body) { return read_described<NewBudgetBody>(body); }
void new_budget_schema(JsonWriter& w) { write_schema_of<NewBudgetBody>(w); }
Result<BudgetBody> read_budget(const JsonValue& body) { return read_described<BudgetBody>(body); }
void budget_body_schema(JsonWriter& w) { write_schema_of<BudgetBody>(w); }

}  // namespace gatehouse::wire
