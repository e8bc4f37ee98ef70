#include "gatehouse/wire/admin/requests.h"

#include <array>

#include "gatehouse/wire/json/codec.h"

namespace gatehouse::wire {
namespace {

constexpr std::uint32_t id_length = 63, name_length = 100, word_length = 128, list_length = 100, duration_length = 32, zone_length = 64;
constexpr std::int64_t most_calls = 1'000'000'000'000, most_days = 3660, most_weight = 100;
constexpr std::string_view duration_doc = "such as 90d, 24h or 30m",
                           signing_doc = "true: it signs requests, too; its signing_secret is shown this once";
constexpr std::array<std::string_view, 2> signature_rules{"optional", "required"};

template <class T>
constexpr auto tenant_fields() {
  return std::array{
      field_of<T, &TenantBody::enabled>("enabled", "false: all that is its is refused"),
      field_of<T, &TenantBody::console>("console", "whether it may use the pages"),
      field_of<T, &TenantBody::quota_per_day>("quota_per_day", "calls of models a day").range(0, most_calls),
      field_of<T, &TenantBody::tasks>("tasks", "tasks of NLU").items(0, list_length).length(1, word_length),
      field_of<T, &TenantBody::models>("models", "models that exist for it; \"*\" is all").items(0, list_length).length(1, word_length),
      field_of<T, &TenantBody::scopes>("scopes", "of the keys and tokens that are made for it")
          .items(0, list_length)
          .length(1, word_length),
      field_of<T, &TenantBody::token_lifetime>("token_lifetime", duration_doc).length(1, duration_length),
      field_of<T, &TenantBody::signatures>("signatures", "required: its API keys are taken in signed requests alone")
          .choices(signature_rules),
      field_of<T, &TenantBody::time_zone>("time_zone", "whose midnight ends the day of its quota and budgets, such as Europe/Berlin")
          .length(1, zone_length),
      field_of<T, &TenantBody::weight>("weight", "of its share of a language model that has too much to do, beside other tenants")
          .range(1, most_weight),
  };
}

}  // namespace

template <>
struct Description<TenantBody> {
  static constexpr auto fields() { return tenant_fields<TenantBody>(); }
};
template <>
struct Description<NewTenantBody> {
  static constexpr auto fields() {
    return join(std::array{field<&NewTenantBody::tenant_id>("tenant_id", "such as tenant-001").length(1, id_length).required()},
                tenant_fields<NewTenantBody>());
  }
};
template <>
struct Description<LexiconBody> {
  static constexpr auto fields() {
    return std::array{
        field<&LexiconBody::lexicon>("lexicon", "a line a name: the name, a tab, and its type, which is a key of schemas").required()};
  }
};
template <>
struct Description<NewKeyBody> {
  using B = NewKeyBody;
  static constexpr auto fields() {
    return std::array{
        field<&B::tenant_id>("tenant_id", "whose it is").length(1, id_length).required(),
        field<&B::user_id>("user_id", "the user whose it is").length(1, word_length).nullable(),
        field<&B::name>("name", "what it is for").length(1, name_length).required(),
        field<&B::scopes>("scopes", "what it may be used for; without: what its tenant gives").items(0, list_length).length(1, word_length),
        field<&B::models>("models", "models that it may use; without, or \"*\": all that its tenant has")
            .items(0, list_length)
            .length(1, word_length),
        field<&B::cidrs>("cidrs", "networks that it may come from; none: anywhere").items(0, list_length).length(1, word_length),
        field<&B::expires>("expires", duration_doc).length(1, duration_length).nullable(),
        field<&B::signing>("signing", signing_doc).by_default("false"),
    };
  }
};
template <>
struct Description<OwnKeyBody> {
  using B = OwnKeyBody;
  static constexpr auto fields() {
    return std::array{
        field<&B::tenant_id>("tenant_id", "whose it is; without, who asks").length(1, id_length).nullable(),
        field<&B::user_id>("user_id", "the user whose it is; without, who asks").length(1, word_length).nullable(),
        field<&B::name>("name", "what it is for").length(1, name_length).required(),
        field<&B::expires_in>("expires_in", "days; without, it does not expire").range(1, most_days).nullable(),
        field<&B::scopes>("scopes", "what it may be used for; without: what its tenant gives, and you may give")
            .items(0, list_length)
            .length(1, word_length)
            .nullable(),
        field<&B::models>("models", "models that it may use; without, or \"*\": all that its tenant has")
            .items(0, list_length)
            .length(1, word_length)
            .nullable(),
        field<&B::cidrs>("cidrs", "networks that it may come from; none: anywhere").items(0, list_length).length(1, word_length),
        field<&B::signing>("signing", signing_doc).by_default("false"),
    };
  }
};
template <>
struct Description<KeyBody> {
  using B = KeyBody;
  static constexpr auto fields() {
    return std::array{
        field<&B::name>("name", "what it is for").length(1, name_length),
        field<&B::is_active>("is_active", "false: refused until it is true again"),
        field<&B::scopes>("scopes", "what it may be used for").items(0, list_length).length(1, word_length),
        field<&B::models>("models", "models that it may use; \"*\" is all that its tenant has")
            .items(0, list_length)
            .length(1, word_length),
        field<&B::cidrs>("cidrs", "networks that it may come from; none: anywhere").items(0, list_length).length(1, word_length),
    };
  }
};
template <>
struct Description<RotateBody> {
  static constexpr auto fields() {
    return std::array{
        field<&RotateBody::overlap>("overlap", "how long the old secret is taken too, such as 24h").length(1, duration_length)};
  }
};
template <>
struct Description<SigningRotationBody> {
  using B = SigningRotationBody;
  static constexpr auto fields() {
    return std::array{
        field<&B::algorithm>("algorithm", "EdDSA, ES256, RS256, PS256 or HS256; without, that of the key that signs now")
            .length(1, duration_length)
            .nullable(),
        field<&B::overlap>("overlap", "how long tokens of the keys before it are taken, such as 24h; without, as long as tokens live")
            .length(1, duration_length)
            .nullable(),
    };
  }
};
template <>
struct Description<NewTokenBody> {
  using B = NewTokenBody;
  static constexpr auto fields() {
    return std::array{
        field<&B::tenant_id>("tenant_id", "whose it is").length(1, id_length).required(),
        field<&B::user_id>("user_id", "the user whose it is; none: the tenant's own").length(1, word_length).nullable(),
        field<&B::scopes>("scopes", "what it may be used for; without: what its tenant gives").items(0, list_length).length(1, word_length),
        field<&B::lifetime>("lifetime", duration_doc).length(1, duration_length).nullable(),
    };
  }
};
template <>
struct Description<RevocationBody> {
  using B = RevocationBody;
  static constexpr auto fields() {
    return std::array{
        field<&B::jti>("jti", "the id of a token").length(1, 256),
        field<&B::token>("token", "a token itself").length(1, 8192),
        field<&B::user_id>("user_id", "all tokens of this user that were issued until now").length(1, word_length),
        field<&B::issuer>("issuer", "the name of the outside issuer whose user or token that is; none: ours").length(1, word_length),
        field<&B::tenant_id>("tenant_id", "all tokens for this tenant that were issued until now").length(1, id_length),
    };
  }
  static void across(JsonWriter& w) {
    w.member_raw("oneOf",
                 R"([{"required":["jti"]},{"required":["user_id"]},)"
                 R"({"required":["token"],"properties":{"issuer":false}},{"required":["tenant_id"],"properties":{"issuer":false}}])");
  }
  static void check(const B& body, Reading& reading) {
    const int named = body.jti.has_value() + body.token.has_value() + body.user_id.has_value() + body.tenant_id.has_value();
    if (named != 1) {
      reading.fault_at("jti", "says nothing or says too much: name one token, or one user, or one tenant",
                       "one of jti, token, user_id and tenant_id");
    }
    if (body.issuer && !body.user_id && !body.jti) {
      reading.fault_at("issuer", "says whose user or token is meant, and there is none", "user_id or jti beside it");
    }
  }
};
template <>
struct Description<InspectBody> {
  static constexpr auto fields() { return std::array{field<&InspectBody::token>("token", "the token").length(1, 16'384).required()}; }
};
template <>
struct Description<LoginBody> {
  using B = LoginBody;
  static constexpr auto fields() {
    return std::array{
        field<&B::grant_type>("grant_type", "\"password\"").length(1, 32).by_default("\"password\""),
        field<&B::username>("username", "the user's name").length(1, word_length).required(),
        field<&B::password>("password", "the user's password").length(1, 1024).required(),
        field<&B::scope>("scope", "accepted; a login gives what the role gives").length(0, 1024).nullable(),
        field<&B::client_id>("client_id", "accepted, without effect").length(0, 256).nullable(),
        field<&B::client_secret>("client_secret", "accepted, without effect").length(0, 1024).nullable(),
    };
  }
};

Result<NewTenantBody> read_new_tenant(const JsonValue& body) { return read_described<NewTenantBody>(body); }
void new_tenant_schema(JsonWriter& w) { write_schema_of<NewTenantBody>(w); }
Result<TenantBody> read_tenant(const JsonValue& body) { return read_described<TenantBody>(body); }
void tenant_body_schema(JsonWriter& w) { write_schema_of<TenantBody>(w); }
Result<LexiconBody> read_lexicon(const JsonValue& body) { return read_described<LexiconBody>(body); }
void lexicon_schema(JsonWriter& w) { write_schema_of<LexiconBody>(w); }
Result<NewKeyBody> read_new_key(const JsonValue& body) { return read_described<NewKeyBody>(body); }
void new_key_schema(JsonWriter& w) { write_schema_of<NewKeyBody>(w); }
Result<OwnKeyBody> read_own_key(const JsonValue& body) { return read_described<OwnKeyBody>(body); }
void own_key_schema(JsonWriter& w) { write_schema_of<OwnKeyBody>(w); }
Result<KeyBody> read_key(const JsonValue& body) { return read_described<KeyBody>(body); }
void key_body_schema(JsonWriter& w) { write_schema_of<KeyBody>(w); }
Result<RotateBody> read_rotate(const JsonValue& body) { return read_described<RotateBody>(body); }
void rotate_schema(JsonWriter& w) { write_schema_of<RotateBody>(w); }
Result<SigningRotationBody> read_signing_rotation(const JsonValue& body) { return read_described<SigningRotationBody>(body); }
void signing_rotation_schema(JsonWriter& w) { write_schema_of<SigningRotationBody>(w); }
Result<NewTokenBody> read_new_token(const JsonValue& body) { return read_described<NewTokenBody>(body); }
void new_token_schema(JsonWriter& w) { write_schema_of<NewTokenBody>(w); }
Result<RevocationBody> read_revocation(const JsonValue& body) { return read_described<RevocationBody>(body); }
void revocation_schema(JsonWriter& w) { write_schema_of<RevocationBody>(w); }
Result<InspectBody> read_inspect(const JsonValue& body) { return read_described<InspectBody>(body); }
void inspect_schema(JsonWriter& w) { write_schema_of<InspectBody>(w); }
Result<LoginBody> read_login(const JsonValue& body) { return read_described<LoginBody>(body); }
void login_schema(JsonWriter& w) { write_schema_of<LoginBody>(w); }

}  // namespace gatehouse::wire
