// wire/admin/roles.h — the bodies of /api/admin/roles.
// Threads  value types, pure functions
// Errors   as wire/json/fields.h
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gatehouse/base/result.h"
#include "gatehouse/base/settable.h"
#include "gatehouse/wire/json/value.h"
#include "gatehouse/wire/json/writer.h"

namespace gatehouse::wire {

struct RoleBody {
  std::optional<std::vector<std::string>> scopes, tasks, models;
  Settable<std::uint32_t> max_tokens, n;
  Settable<double> temperature;
};
struct NewRoleBody : RoleBody {
  std::string name;
  std::optional<std::string> tenant_id;
};
Result<NewRoleBody> read_new_role(const JsonValue& body);
void new_role_schema(JsonWriter& w);
Result<RoleBody> read_role(const JsonValue& body);
void role_body_schema(JsonWriter& w);

}  // namespace gatehouse::wire
