// wire/admin/requests.h — the bodies of /api/admin, /api/keys and /api/auth. What is not said stays as it is, or as usual.
// Units    durations as people write them ("90d"); who reads them says what is wrong with one
// Threads  value types, pure functions
// Errors   as wire/json/fields.h
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gatehouse/base/result.h"
#include "gatehouse/wire/json/value.h"
#include "gatehouse/wire/json/writer.h"

namespace gatehouse::wire {

struct TenantBody {
  std::optional<bool> enabled, console;
  std::optional<std::int64_t> quota_per_day, weight;
  std::optional<std::vector<std::string>> tasks, models, scopes;
  std::optional<std::string> token_lifetime, signatures, time_zone;
};
struct NewTenantBody : TenantBody {
  std::string tenant_id;
};
Result<NewTenantBody> read_new_tenant(const JsonValue& body);
void new_tenant_schema(JsonWriter& w);
Result<TenantBody> read_tenant(const JsonValue& body);
void tenant_body_schema(JsonWriter& w);

struct LexiconBody {
  std::string lexicon;
};
Result<LexiconBody> read_lexicon(const JsonValue& body);
void lexicon_schema(JsonWriter& w);

struct NewKeyBody {
  std::string tenant_id;
  std::optional<std::string> user_id;
  std::string name;
  std::optional<std::vector<std::string>> scopes, models;
  std::vector<std::string> cidrs;
  std::optional<std::string> expires;
  bool signing = false;
};
Result<NewKeyBody> read_new_key(const JsonValue& body);
void new_key_schema(JsonWriter& w);

// Of /api/keys: one's own, unless it says whose.
struct OwnKeyBody {
  std::optional<std::string> tenant_id, user_id;
  std::string name;
  std::optional<std::int64_t> expires_in;  // days
  std::optional<std::vector<std::string>> scopes, models;
  std::vector<std::string> cidrs;
  bool signing = false;
};
Result<OwnKeyBody> read_own_key(const JsonValue& body);
void own_key_schema(JsonWriter& w);

struct KeyBody {
  std::optional<std::string> name;
  std::optional<bool> is_active;
  std::optional<std::vector<std::string>> scopes, models, cidrs;
};
Result<KeyBody> read_key(const JsonValue& body);
void key_body_schema(JsonWriter& w);

struct RotateBody {
  std::optional<std::string> overlap;
};
Result<RotateBody> read_rotate(const JsonValue& body);
void rotate_schema(JsonWriter& w);

struct SigningRotationBody {
  std::optional<std::string> algorithm, overlap;
};
Result<SigningRotationBody> read_signing_rotation(const JsonValue& body);
void signing_rotation_schema(JsonWriter& w);

struct NewTokenBody {
  std::string tenant_id;
  std::optional<std::string> user_id;
  std::optional<std::vector<std::string>> scopes;
  std::optional<std::string> lifetime;
};
Result<NewTokenBody> read_new_token(const JsonValue& body);
void new_token_schema(JsonWriter& w);

// One token, by its jti or itself, or all that were issued until now to a user or for a tenant.
struct RevocationBody {
  std::optional<std::string> jti, token, user_id, tenant_id;
  std::optional<std::string> issuer;  // whose user or token: none, ours
};
Result<RevocationBody> read_revocation(const JsonValue& body);
void revocation_schema(JsonWriter& w);

struct InspectBody {
  std::string token;
};
Result<InspectBody> read_inspect(const JsonValue& body);
void inspect_schema(JsonWriter& w);

struct LoginBody {
  std::string grant_type = "password";
  std::string username, password;
  std::optional<std::string> scope, client_id, client_secret;  // as OAuth2 forms carry them; without effect
};
Result<LoginBody> read_login(const JsonValue& body);
void login_schema(JsonWriter& w);

}  // namespace gatehouse::wire
