#include "gatehouse/wire/admin/people.h"

#include <array>

#include "gatehouse/wire/json/codec.h"

namespace gatehouse::wire {
namespace {

constexpr std::uint32_t tenant_id_length = 63, username_length = 50, shortest_username = 3, address_length = 254, ticket_length = 256,
                        kept_hash_length = 512, chosen_length = 1024, expiry_length = 32;
constexpr std::array<std::string_view, 3> roles{"member", "tenant-admin", "platform-admin"};
constexpr std::string_view password_doc = "of 8 to 1,024 bytes, and none of those that are tried first", expiry_doc = "such as 24h";

}  // namespace

template <>
struct Description<RegisterBody> {
  using B = RegisterBody;
  static constexpr auto fields() {
    return std::array{
        field<&B::username>("username", "by which they log in").length(shortest_username, username_length).required(),
        field<&B::email>("email", "such as name@example.org").length(1, address_length).required(),
        field<&B::password>("password", password_doc).length(1, chosen_length).required(),
        field<&B::invitation>("invitation", "where an administrator gave one").length(1, ticket_length).nullable(),
        field<&B::is_active>("is_active", "true").by_default("true"),
        field<&B::is_superuser>("is_superuser", "false").by_default("false"),
    };
  }
};
template <>
struct Description<RefreshBody> {
  static constexpr auto fields() {
    return std::array{field<&RefreshBody::refresh_token>("refresh_token", "the newest of the session").length(1, ticket_length).required()};
  }
};
template <>
struct Description<PasswordChangeBody> {
  using B = PasswordChangeBody;
  static constexpr auto fields() {
    return std::array{
        field<&B::current_password>("current_password", "the one that it is now").length(1, chosen_length).required(),
        field<&B::new_password>("new_password", password_doc).length(1, chosen_length).required(),
    };
  }
};
template <>
struct Description<PasswordResetBody> {
  using B = PasswordResetBody;
  static constexpr auto fields() {
    return std::array{
        field<&B::token>("token", "that an administrator gave").length(1, ticket_length).required(),
        field<&B::new_password>("new_password", password_doc).length(1, chosen_length).required(),
    };
  }
};
template <>
struct Description<NewUserBody> {
  using B = NewUserBody;
  static constexpr auto fields() {
    return std::array{
        field<&B::username>("username", "by which they log in").length(shortest_username, username_length).required(),
        field<&B::tenant_id>("tenant_id", "whose they are; without, who asks").length(1, tenant_id_length).nullable(),
        field<&B::email>("email", "such as name@example.org").length(0, address_length).nullable(),
        field<&B::role>("role", "member where it is not said").choices(roles).nullable(),
        field<&B::password>("password", "8 to 1,024 bytes; without, one is drawn and shown this once").length(1, chosen_length).nullable(),
        field<&B::password_hash>("password_hash", "in place of a password: $2b$ or $argon2id$ as it was kept elsewhere")
            .length(1, kept_hash_length)
            .nullable(),
        field<&B::is_active>("is_active", "false: refused until it is true").by_default("true"),
    };
  }
};
template <>
struct Description<UserBody> {
  using B = UserBody;
  static constexpr auto fields() {
    return std::array{
        field<&B::email>("email", "such as name@example.org; empty: none").length(0, address_length),
        field<&B::role>("role", "what they may do").choices(roles),
        field<&B::is_active>("is_active", "false: refused until it is true again"),
    };
  }
};
template <>
struct Description<NewPasswordBody> {
  static constexpr auto fields() {
    return std::array{field<&NewPasswordBody::password>("password", "8 to 1,024 bytes; without, one is drawn and shown this once")
                          .length(1, chosen_length)
                          .nullable()};
  }
};
template <>
struct Description<NewResetBody> {
  static constexpr auto fields() {
    return std::array{field<&NewResetBody::expires>("expires", expiry_doc).length(1, expiry_length).nullable()};
  }
};
template <>
struct Description<NewInvitationBody> {
  using B = NewInvitationBody;
  static constexpr auto fields() {
    return std::array{
        field<&B::tenant_id>("tenant_id", "whose they will be; without, who asks").length(1, tenant_id_length).nullable(),
        field<&B::email>("email", "whom it is for; without, whoever has it").length(0, address_length).nullable(),
        field<&B::role>("role", "member where it is not said").choices(roles).nullable(),
        field<&B::expires>("expires", "such as 7d").length(1, expiry_length).nullable(),
    };
  }
};

Result<RegisterBody> read_register(const JsonValue& body) { return read_described<RegisterBody>(body); }
void register_schema(JsonWriter& w) { write_schema_of<RegisterBody>(w); }
Result<RefreshBody> read_refresh(const JsonValue& body) { return read_described<RefreshBody>(body); }
void refresh_schema(JsonWriter& w) { write_schema_of<RefreshBody>(w); }
Result<PasswordChangeBody> read_password_change(const JsonValue& body) { return read_described<PasswordChangeBody>(body); }
void password_change_schema(JsonWriter& w) { write_schema_of<PasswordChangeBody>(w); }
Result<PasswordResetBody> read_password_reset(const JsonValue& body) { return read_described<PasswordResetBody>(body); }
void password_reset_schema(JsonWriter& w) { write_schema_of<PasswordResetBody>(w); }
Result<NewUserBody> read_new_user(const JsonValue& body) { return read_described<NewUserBody>(body); }
void new_user_schema(JsonWriter& w) { write_schema_of<NewUserBody>(w); }
Result<UserBody> read_user(const JsonValue& body) { return read_described<UserBody>(body); }
void user_body_schema(JsonWriter& w) { write_schema_of<UserBody>(w); }
Result<NewPasswordBody> read_new_password(const JsonValue& body) { return read_described<NewPasswordBody>(body); }
void new_password_schema(JsonWriter& w) { write_schema_of<NewPasswordBody>(w); }
Result<NewResetBody> read_new_reset(const JsonValue& body) { return read_described<NewResetBody>(body); }
void new_reset_schema(JsonWriter& w) { write_schema_of<NewResetBody>(w); }
Result<NewInvitationBody> read_new_invitation(const JsonValue& body) { return read_described<NewInvitationBody>(body); }
void new_invitation_schema(JsonWriter& w) { write_schema_of<NewInvitationBody>(w); }

}  // namespace gatehouse::wire
