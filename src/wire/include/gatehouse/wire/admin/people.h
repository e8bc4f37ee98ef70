// wire/admin/people.h — the bodies about people: of /api/auth what they do themselves, of /api/admin what administrators do for them.
// Units    durations as people write them ("24h"); who reads them says what is wrong with one. How long passwords are is for the desk to
//          say, in bytes
// Threads  value types, pure functions
// Errors   as wire/json/fields.h
#pragma once
#include <optional>
#include <string>

#include "gatehouse/base/result.h"
#include "gatehouse/wire/json/value.h"
#include "gatehouse/wire/json/writer.h"

namespace gatehouse::wire {

struct RegisterBody {
  std::string username, email, password;
  std::optional<std::string> invitation;
  bool is_active = true, is_superuser = false;  // clients send what they take for granted
};
Result<RegisterBody> read_register(const JsonValue& body);
void register_schema(JsonWriter& w);

struct RefreshBody {
  std::string refresh_token;
};
Result<RefreshBody> read_refresh(const JsonValue& body);
void refresh_schema(JsonWriter& w);

struct PasswordChangeBody {
  std::string current_password, new_password;
};
Result<PasswordChangeBody> read_password_change(const JsonValue& body);
void password_change_schema(JsonWriter& w);

struct PasswordResetBody {
  std::string token, new_password;
};
Result<PasswordResetBody> read_password_reset(const JsonValue& body);
void password_reset_schema(JsonWriter& w);

struct NewUserBody {
  std::string username;
  std::optional<std::string> tenant_id, email, role, password, password_hash;
  bool is_active = true;
};
Result<NewUserBody> read_new_user(const JsonValue& body);
void new_user_schema(JsonWriter& w);

struct UserBody {
  std::optional<std::string> email, role;
  std::optional<bool> is_active;
};
Result<UserBody> read_user(const JsonValue& body);
void user_body_schema(JsonWriter& w);

struct NewPasswordBody {
  std::optional<std::string> password;
};
Result<NewPasswordBody> read_new_password(const JsonValue& body);
void new_password_schema(JsonWriter& w);

struct NewResetBody {
  std::optional<std::string> expires;
};
Result<NewResetBody> read_new_reset(const JsonValue& body);
void new_reset_schema(JsonWriter& w);

struct NewInvitationBody {
  std::optional<std::string> tenant_id, email, role, expires;
};
Result<NewInvitationBody> read_new_invitation(const JsonValue& body);
void new_invitation_schema(JsonWriter& w);

}  // namespace gatehouse::wire
