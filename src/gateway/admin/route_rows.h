// gateway/admin/route_rows.h — the part of the route table that Administration answers.
#pragma once
#include <array>

#include "gatehouse/gateway/route.h"
#include "gatehouse/wire/admin/budgets.h"
#include "gatehouse/wire/admin/explain.h"
#include "gatehouse/wire/admin/people.h"
#include "gatehouse/wire/admin/requests.h"
#include "gatehouse/wire/admin/roles.h"
#include "schemas.h"

namespace gatehouse::gateway {

constexpr Route small_route(wire::Method method, std::string_view path, Action action, std::optional<identity::Scope> needs,
                            std::string_view tag, std::string_view summary, SchemaFn request = nullptr) {
  const BodySize body = method == wire::Method::post || method == wire::Method::patch ? BodySize::api : BodySize::none;
  Route route{method, path, action, needs, Dialect::api, body, seconds(30), tag, summary, request, &any_object_schema};
  route.audit = method == wire::Method::get ? AuditClass::folded : AuditClass::each;
  return route;
}

constexpr Route operators(wire::Method method, std::string_view path, Action action, std::string_view summary, SchemaFn request = nullptr) {
  return small_route(method, path, action, identity::Scope::platform_admin, "administration", summary, request);
}

// For administrators of a tenant, too, who reach what is its.
constexpr Route tenants_own(Route route) {
  route.needs = identity::Scope::tenant_admin;
  route.or_needs = identity::Scope::platform_admin;
  return route;
}

// Nothing changes, but so much is seen that each time counts.
constexpr Route on_record(Route route) {
  route.audit = AuditClass::each;
  return route;
}

// For whoever has a credential, whatever it allows.
constexpr Route identified(Route route) {
  route.identified = true;
  return route;
}

// Of one's own keys, or of all that one administers.
constexpr Route own_keys(wire::Method method, std::string_view path, Action action, std::string_view summary, SchemaFn request = nullptr) {
  Route route = small_route(method, path, action, identity::Scope::keys_write, "keys", summary, request);
  route.or_needs = identity::Scope::tenant_admin;
  return route;
}

constexpr Route oauth(Route route) {
  route.dialect = Dialect::oauth;
  return route;
}

constexpr Route created(Route route) {
  route.success = 201;
  return route;
}

// It begins, and is not over with the reply. There is nothing to say beside the path.
constexpr Route accepted(Route route) {
  route.success = 202;
  route.body = BodySize::none;
  return route;
}

constexpr Route without_reply(Route route) {
  route.success = 204;
  return route;
}

constexpr Route or_empty(Route route) {
  route.body_optional = true;
  return route;
}

// Its body may be as large as those of models.
constexpr Route large(Route route) {
  route.body = BodySize::v1;
  return route;
}

constexpr Route or_form(Route route) {
  route.form = true;
  return route;
}

constexpr Route asked_with(std::span<const wire::OpenApiParameter> parameters, Route route) {
  route.parameters = parameters;
  return route;
}

inline constexpr std::string_view id_schema = R"({"type":"string","pattern":"^[^\\u0000]*$"})";
inline constexpr wire::OpenApiParameter limit_parameter{"limit", "query", "how many at most; 100 where it is not said",
                                                        R"({"type":"integer","minimum":1,"maximum":1000})"};
inline constexpr wire::OpenApiParameter after_parameter{"after", "query", "the id of the last one that is known", id_schema};
inline constexpr wire::OpenApiParameter tenant_parameter{"tenant", "query", "whose; without it, all", id_schema};
inline constexpr wire::OpenApiParameter day_parameter{"day", "query", "in UTC; without it, today", R"({"type":"string","format":"date"})"};
inline constexpr std::array page_parameters{limit_parameter, after_parameter};
inline constexpr std::array key_page_parameters{limit_parameter, after_parameter, tenant_parameter};
inline constexpr wire::OpenApiParameter username_parameter{"username", "query", "the one of that name", id_schema};
inline constexpr std::array own_key_page_parameters{
    limit_parameter, after_parameter, wire::OpenApiParameter{"user_id", "query", "of this user, for who administers them", id_schema}};
inline constexpr std::array user_page_parameters{limit_parameter, after_parameter, tenant_parameter, username_parameter};
inline constexpr wire::OpenApiParameter role_after_parameter{"after", "query",
                                                             "the id of the last one that is known, such as tenant-001/analyst", id_schema};
inline constexpr wire::OpenApiParameter role_tenant_parameter{"tenant", "query", "whose; without it, who asks", id_schema};
inline constexpr std::array role_page_parameters{limit_parameter, role_after_parameter, tenant_parameter};
inline constexpr std::array role_parameters{role_tenant_parameter};
inline constexpr wire::OpenApiParameter cost_parameter{"cost", "query", "whether what it cost is shown, too", R"({"type":"boolean"})"};
inline constexpr std::array usage_parameters{day_parameter, cost_parameter};
inline constexpr std::array audit_parameters{
    wire::OpenApiParameter{"after", "query", "the id of the last one that is known: those before it in time",
                           R"({"type":"integer","minimum":1})"},
    wire::OpenApiParameter{"user_id", "query", "of this user", id_schema},
    wire::OpenApiParameter{"api_key_id", "query", "of this API key", id_schema},
    wire::OpenApiParameter{"tenant_id", "query", "of this tenant", id_schema},
    wire::OpenApiParameter{"since", "query", "from then on: 2026-11-26, 2026-11-26T20:34:02Z, or how long ago, such as 24h",
                           R"({"type":"string"})"},
    wire::OpenApiParameter{"until", "query", "before then; as since", R"({"type":"string"})"},
    limit_parameter,
    wire::OpenApiParameter{"content", "query", "whether what was asked of models is shown, where that is kept", R"({"type":"boolean"})"},
    wire::OpenApiParameter{"offset", "query", "how many of the newest to leave out", R"({"type":"integer","minimum":0,"maximum":100000})"}};
inline constexpr std::array all_usage_parameters{day_parameter, tenant_parameter, cost_parameter};
inline constexpr wire::OpenApiParameter version_parameter{"If-Match", "header",
                                                          "the version of what is to be changed: refused where it has another by now",
                                                          R"({"type":"string","pattern":"^[0-9]{1,9}$"})"};
inline constexpr std::array version_parameters{version_parameter};
inline constexpr std::array role_change_parameters{role_tenant_parameter, version_parameter};

// clang-format off
inline constexpr std::array operator_rows{
    asked_with(page_parameters, operators(wire::Method::get, "/api/admin/tenants", Action::tenants_list, "All tenants")),
    created(operators(wire::Method::post, "/api/admin/tenants", Action::tenant_add, "Registers a tenant; its first key and token are shown this once", &wire::new_tenant_schema)),
    operators(wire::Method::get, "/api/admin/tenants/{id}", Action::tenant_get, "One tenant"),
    or_empty(asked_with(version_parameters, operators(wire::Method::patch, "/api/admin/tenants/{id}", Action::tenant_set, "Changes a tenant, disables or enables it", &wire::tenant_body_schema))),
    without_reply(asked_with(version_parameters, operators(wire::Method::delete_, "/api/admin/tenants/{id}", Action::tenant_delete, "Deletes a tenant and all that is its"))),
    on_record(tenants_own(operators(wire::Method::get, "/api/admin/tenants/{id}/export", Action::tenant_export, "All that is kept of a tenant but its audit trail, without secrets"))),
    tenants_own(operators(wire::Method::get, "/api/admin/tenants/{id}/lexicon", Action::lexicon_get, "Names that a tenant's texts hold")),
    large(tenants_own(operators(wire::Method::put, "/api/admin/tenants/{id}/lexicon", Action::lexicon_set, "Other names in their place, a line each: a name, a tab and a type", &wire::lexicon_schema))),
    without_reply(tenants_own(operators(wire::Method::delete_, "/api/admin/tenants/{id}/lexicon", Action::lexicon_delete, "Forgets them"))),
    asked_with(key_page_parameters, operators(wire::Method::get, "/api/admin/keys", Action::keys_list, "API keys, of all tenants or one")),
    created(operators(wire::Method::post, "/api/admin/keys", Action::key_add, "Makes an API key; it is shown this once", &wire::new_key_schema)),
    operators(wire::Method::get, "/api/admin/keys/{id}", Action::key_get, "One API key"),
    or_empty(asked_with(version_parameters, operators(wire::Method::patch, "/api/admin/keys/{id}", Action::key_set, "Changes an API key, switches it off or on", &wire::key_body_schema))),
    without_reply(asked_with(version_parameters, operators(wire::Method::delete_, "/api/admin/keys/{id}", Action::key_revoke, "Revokes an API key for good"))),
    or_empty(asked_with(version_parameters, operators(wire::Method::post, "/api/admin/keys/{id}/rotate", Action::key_rotate, "Gives an API key a new secret", &wire::rotate_schema))),
    created(operators(wire::Method::post, "/api/admin/tokens", Action::token_issue, "Issues a token", &wire::new_token_schema)),
    operators(wire::Method::post, "/api/admin/tokens/inspect", Action::token_inspect, "Says what a token says, and what is thought of it", &wire::inspect_schema),
    without_reply(operators(wire::Method::post, "/api/admin/revocations", Action::revocation_add, "Revokes a token, or all of a user or a tenant", &wire::revocation_schema)),
    tenants_own(asked_with(user_page_parameters, operators(wire::Method::get, "/api/admin/users", Action::users_list, "Users, of all tenants or one"))),
    created(tenants_own(operators(wire::Method::post, "/api/admin/users", Action::user_add, "Makes a user; a password that is drawn is shown this once", &wire::new_user_schema))),
    tenants_own(operators(wire::Method::get, "/api/admin/users/{id}", Action::user_get, "One user")),
    or_empty(tenants_own(asked_with(version_parameters, operators(wire::Method::patch, "/api/admin/users/{id}", Action::user_set, "Changes a user, switches them off or on", &wire::user_body_schema)))),
    without_reply(tenants_own(asked_with(version_parameters, operators(wire::Method::delete_, "/api/admin/users/{id}", Action::user_delete, "Deletes a user; their sessions end, their keys are revoked")))),
    or_empty(tenants_own(asked_with(version_parameters, operators(wire::Method::post, "/api/admin/users/{id}/password", Action::user_password, "Gives a user another password; their sessions end", &wire::new_password_schema)))),
    created(or_empty(tenants_own(operators(wire::Method::post, "/api/admin/users/{id}/reset", Action::user_reset, "A token by which a user sets their password, once", &wire::new_reset_schema)))),
    without_reply(tenants_own(operators(wire::Method::delete_, "/api/admin/users/{id}/sessions", Action::user_sessions_end, "Ends all sessions of a user"))),
    created(or_empty(tenants_own(operators(wire::Method::post, "/api/admin/invitations", Action::invitation_add, "An invitation, by which somebody registers once", &wire::new_invitation_schema)))),
    tenants_own(asked_with(key_page_parameters, operators(wire::Method::get, "/api/admin/invitations", Action::invitations_list, "Invitations that have not been used, of all tenants or one; not by what they are used"))),
    without_reply(tenants_own(operators(wire::Method::delete_, "/api/admin/invitations/{id}", Action::invitation_delete, "Takes an invitation back"))),
    tenants_own(asked_with(key_page_parameters, operators(wire::Method::get, "/api/admin/resets", Action::resets_list, "Tokens that set a password and have not been used, of all tenants or one; not what they are used by"))),
    without_reply(tenants_own(operators(wire::Method::delete_, "/api/admin/resets/{id}", Action::reset_delete, "Takes a token that sets a password back"))),
    tenants_own(asked_with(role_page_parameters, operators(wire::Method::get, "/api/admin/roles", Action::roles_list, "Own roles, of all tenants or one"))),
    created(tenants_own(operators(wire::Method::post, "/api/admin/roles", Action::role_add, "Makes a role of a tenant's own", &wire::new_role_schema))),
    tenants_own(asked_with(role_parameters, operators(wire::Method::get, "/api/admin/roles/{name}", Action::role_get, "One role"))),
    or_empty(tenants_own(asked_with(role_change_parameters, operators(wire::Method::patch, "/api/admin/roles/{name}", Action::role_set, "Changes a role; who has it is held to that at once", &wire::role_body_schema)))),
    without_reply(tenants_own(asked_with(role_change_parameters, operators(wire::Method::delete_, "/api/admin/roles/{name}", Action::role_delete, "Removes a role that no user has")))),
    tenants_own(asked_with(key_page_parameters, operators(wire::Method::get, "/api/admin/budgets", Action::budgets_list, "Budgets, of all tenants or one"))),
    created(tenants_own(operators(wire::Method::post, "/api/admin/budgets", Action::budget_add, "Makes a budget of tokens or money, for a tenant, a user or an API key", &wire::new_budget_schema))),
    tenants_own(operators(wire::Method::get, "/api/admin/budgets/{id}", Action::budget_get, "One budget, and what is gone of it")),
    or_empty(tenants_own(asked_with(version_parameters, operators(wire::Method::patch, "/api/admin/budgets/{id}", Action::budget_set, "Changes how much there is; what is spent stays spent", &wire::budget_body_schema)))),
    without_reply(tenants_own(asked_with(version_parameters, operators(wire::Method::delete_, "/api/admin/budgets/{id}", Action::budget_delete, "Removes a budget: what it was of is bounded by the others alone")))),
    tenants_own(operators(wire::Method::post, "/api/admin/explain", Action::explain, "Says what would be decided about a request, and by which rule; nothing is done", &wire::explain_schema)),
    asked_with(all_usage_parameters, operators(wire::Method::get, "/api/admin/usage", Action::usage_all, "What tenants used on a day")),
    asked_with(audit_parameters, operators(wire::Method::get, "/api/admin/audit", Action::audit_all, "What was decided, the newest first")),
    operators(wire::Method::get, "/api/admin/signing-keys", Action::signing_keys_list, "The keys that our tokens are signed with"),
    created(or_empty(operators(wire::Method::post, "/api/admin/signing-keys/rotate", Action::signing_key_rotate, "Signs with a new key; those before it verify for a while", &wire::signing_rotation_schema))),
    operators(wire::Method::get, "/api/admin/models", Action::models_state, "Models and their states"),
    accepted(operators(wire::Method::post, "/api/admin/models/{name}/load", Action::model_load, "Loads a model; its state says what comes of it")),
    accepted(operators(wire::Method::post, "/api/admin/models/{name}/unload", Action::model_unload, "Puts a model away; running answers are finished")),
    accepted(operators(wire::Method::post, "/api/admin/models/{name}/versions/{version}/load", Action::model_load, "Loads a version of a model beside the others")),
    accepted(operators(wire::Method::post, "/api/admin/models/{name}/versions/{version}/unload", Action::model_unload, "Puts a version of a model away")),
};

inline constexpr std::array people_rows{
    or_form(small_route(wire::Method::post, "/api/auth/login", Action::login, std::nullopt, "authentication", "A name and a password for an access token and a refresh token; a form or JSON", &wire::login_schema)),
    or_form(oauth(small_route(wire::Method::post, "/token", Action::login, std::nullopt, "authentication", "The same, where OAuth2 clients look for it", &wire::login_schema))),
    small_route(wire::Method::post, "/api/auth/register", Action::register_self, std::nullopt, "authentication", "Makes an account for who asks, where registering is open, or with an invitation", &wire::register_schema),
    small_route(wire::Method::post, "/api/auth/refresh", Action::refresh, std::nullopt, "authentication", "A refresh token for an access token and the next refresh token", &wire::refresh_schema),
    without_reply(identified(small_route(wire::Method::post, "/api/auth/logout", Action::logout, std::nullopt, "authentication", "Revokes the token that is presented, and ends its session"))),
    without_reply(identified(small_route(wire::Method::post, "/api/auth/password", Action::own_password, std::nullopt, "authentication", "Changes your password; your other sessions end", &wire::password_change_schema))),
    without_reply(small_route(wire::Method::post, "/api/auth/reset", Action::password_reset, std::nullopt, "authentication", "Sets a password with the token that an administrator gave", &wire::password_reset_schema)),
    identified(small_route(wire::Method::get, "/api/auth/sessions", Action::sessions_list, std::nullopt, "authentication", "Your sessions")),
    without_reply(identified(small_route(wire::Method::delete_, "/api/auth/sessions/{id}", Action::session_end, std::nullopt, "authentication", "Ends one of your sessions"))),
    identified(small_route(wire::Method::get, "/api/auth/me", Action::me, std::nullopt, "authentication", "Who asks")),
    asked_with(own_key_page_parameters, own_keys(wire::Method::get, "/api/keys", Action::own_keys_list, "Your API keys; your tenant's where you administer it")),
    created(own_keys(wire::Method::post, "/api/keys", Action::own_key_add, "Makes an API key; it is shown this once", &wire::own_key_schema)),
    or_empty(asked_with(version_parameters, own_keys(wire::Method::patch, "/api/keys/{id}", Action::own_key_set, "Changes an API key, switches it off or on", &wire::key_body_schema))),
    without_reply(asked_with(version_parameters, own_keys(wire::Method::delete_, "/api/keys/{id}", Action::own_key_revoke, "Revokes an API key for good"))),
    or_empty(asked_with(version_parameters, own_keys(wire::Method::post, "/api/keys/{id}/rotate", Action::own_key_rotate, "Gives an API key a new secret", &wire::rotate_schema))),
    asked_with(usage_parameters, small_route(wire::Method::get, "/api/usage", Action::usage, identity::Scope::usage_read, "usage", "What your tenant used on a day")),
    asked_with(audit_parameters, small_route(wire::Method::get, "/api/audit", Action::audit, identity::Scope::audit_read, "audit", "What was decided about you, or about your tenant where you administer it; the newest first")),
    small_route(wire::Method::get, "/.well-known/jwks.json", Action::jwks, std::nullopt, "authentication", "The public keys of our tokens"),
};
// clang-format on

}  // namespace gatehouse::gateway
