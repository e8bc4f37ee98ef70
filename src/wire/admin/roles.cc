#include "gatehouse/wire/admin/roles.h"

#include <array>

#include "gatehouse/wire/json/codec.h"

namespace gatehouse::wire {
namespace {

constexpr std::uint32_t role_name_length = 63, role_word_length = 128, role_list_length = 100;
constexpr std::int64_t most_tokens_of_role = 1'000'000'000, most_choices_of_role = 1000;

}  // namespace

template <class T>
struct Codec<Settable<T>> {
  static Rules or_null(Rules rules) {
    rules.nullable = true;
    return rules;
  }
  static void read(const JsonValue& v, Settable<T>& out, const Rules& rules, Reading& r) {
    out.said = true;
    if (v.is_null()) {
      out.value.reset();
    } else {
      Codec<T>::read(v, out.value.emplace(), rules, r);
    }
  }
  static void schema(JsonWriter& w, const Rules& rules) { Codec<T>::schema(w, or_null(rules)); }
};

namespace {

template <class T>
constexpr auto role_fields() {
  return std::array{
      field_of<T, &RoleBody::scopes>("scopes", "what it may be used for; without: what members may do")
          .items(0, role_list_length)
          .length(1, role_word_length),
      field_of<T, &RoleBody::tasks>("tasks", "tasks of NLU; without: all").items(0, role_list_length).length(1, role_word_length),
      field_of<T, &RoleBody::models>("models", "models that it may use; without, or \"*\": all that its tenant has")
          .items(0, role_list_length)
          .length(1, role_word_length),
      field_of<T, &RoleBody::max_tokens>("max_tokens", "that a request may ask for at most; null: no ceiling")
          .range(1, most_tokens_of_role),
      field_of<T, &RoleBody::n>("n", "answers that a request may ask for at most; null: no ceiling").range(1, most_choices_of_role),
      field_of<T, &RoleBody::temperature>("temperature", "that a request may ask for at most; null: no ceiling").range(0, 2),
  };
}

}  // namespace

template <>
struct Description<RoleBody> {
  static constexpr auto fields() { return role_fields<RoleBody>(); }
};
template <>
struct Description<NewRoleBody> {
  using B = NewRoleBody;
  static constexpr auto fields() {
    return join(
        std::array{field<&B::name>("name", "such as analyst: 1 to 63 of a-z, 0-9, '.', '_' and '-'").length(1, role_name_length).required(),
                   field<&B::tenant_id>("tenant_id", "whose it is; without, who asks").length(1, role_name_length).nullable()},
        role_fields<NewRoleBody>());
  }
};

Result<NewRoleBody> read_new_role(const JsonValue& body) { return read_described<NewRoleBody>(body); }
void new_role_schema(JsonWriter& w) { write_schema_of<NewRoleBody>(w); }
Result<RoleBody> read_role(const JsonValue& body) { return read_described<RoleBody>(body); }
void role_body_schema(JsonWriter& w) { write_schema_of<RoleBody>(w); }

}  // namespace gatehouse::wire
