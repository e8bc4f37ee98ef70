// gateway/admin/route_rows.h — the part of the route table that Administration answers.
#pragma once
#include <array>

#include "gatehouse/gateway/route.h"
#include "gatehouse/wire/admin/requests.h"
#include "schemas.h"

namespace gatehouse::gateway {

constexpr Route small_route(wire::Method method, std::string_view path, Action action, std::optional<identity::Scope> needs,
                            std::string_view tag, std::string_view summary, SchemaFn request = nullptr) {
  const BodySize body = method == wire::Method::post || method == wire::Method::patch ? BodySize::api : BodySize::none;
  return {method, path, action, needs, Dialect::api, body, seconds(30), tag, summary, request, &any_object_schema};
}

constexpr Route operators(wire::Method method, std::string_view path, Action action, std::string_view summary, SchemaFn request = nullptr) {
  return small_route(method, path, action, identity::Scope::platform_admin, "administration", summary, request);
}

// For whoever has a credential, whatever it allows.
constexpr Route identified(Route route) {
  route.identified = true;
  return route;
}

constexpr Route oauth(Route route) {
  route.dialect = Dialect::oauth;
  return route;
}

// clang-format off
inline constexpr std::array operator_rows{
    operators(wire::Method::get, "/api/admin/tenants", Action::tenants_list, "All tenants"),
    operators(wire::Method::post, "/api/admin/tenants", Action::tenant_add, "Registers a tenant; its first key and token are shown this once", &wire::new_tenant_schema),
    operators(wire::Method::get, "/api/admin/tenants/{id}", Action::tenant_get, "One tenant"),
    operators(wire::Method::patch, "/api/admin/tenants/{id}", Action::tenant_set, "Changes a tenant, disables or enables it", &wire::tenant_body_schema),
    operators(wire::Method::delete_, "/api/admin/tenants/{id}", Action::tenant_delete, "Deletes a tenant and all that is its"),
    operators(wire::Method::get, "/api/admin/keys", Action::keys_list, "API keys, of all tenants or one"),
    operators(wire::Method::post, "/api/admin/keys", Action::key_add, "Makes an API key; it is shown this once", &wire::new_key_schema),
    operators(wire::Method::get, "/api/admin/keys/{id}", Action::key_get, "One API key"),
    operators(wire::Method::patch, "/api/admin/keys/{id}", Action::key_set, "Changes an API key, switches it off or on", &wire::key_body_schema),
    operators(wire::Method::delete_, "/api/admin/keys/{id}", Action::key_revoke, "Revokes an API key for good"),
    operators(wire::Method::post, "/api/admin/keys/{id}/rotate", Action::key_rotate, "Gives an API key a new secret", &wire::rotate_schema),
    operators(wire::Method::post, "/api/admin/tokens", Action::token_issue, "Issues a token", &wire::new_token_schema),
    operators(wire::Method::post, "/api/admin/tokens/inspect", Action::token_inspect, "Says what a token says, and what is thought of it", &wire::inspect_schema),
    operators(wire::Method::post, "/api/admin/revocations", Action::revocation_add, "Revokes a token, or all of a user or a tenant", &wire::revocation_schema),
    operators(wire::Method::get, "/api/admin/usage", Action::usage_all, "What tenants used on a day"),
    operators(wire::Method::get, "/api/admin/signing-keys", Action::signing_keys_list, "The keys that our tokens are signed with"),
    operators(wire::Method::post, "/api/admin/signing-keys/rotate", Action::signing_key_rotate, "Signs with a new key; those before it verify for a while", &wire::signing_rotation_schema),
    operators(wire::Method::get, "/api/admin/models", Action::models_state, "Models and their states"),
};

inline constexpr std::array people_rows{
    small_route(wire::Method::post, "/api/auth/login", Action::login, std::nullopt, "authentication", "A name and a password for a token; a form or JSON", &wire::login_schema),
    oauth(small_route(wire::Method::post, "/token", Action::login, std::nullopt, "authentication", "The same, where OAuth2 clients look for it", &wire::login_schema)),
    identified(small_route(wire::Method::post, "/api/auth/logout", Action::logout, std::nullopt, "authentication", "Revokes the token that is presented")),
    identified(small_route(wire::Method::get, "/api/auth/me", Action::me, std::nullopt, "authentication", "Who asks")),
    small_route(wire::Method::get, "/api/usage", Action::usage, identity::Scope::usage_read, "usage", "What your tenant used on a day"),
    small_route(wire::Method::get, "/.well-known/jwks.json", Action::jwks, std::nullopt, "authentication", "The public keys of our tokens"),
};
// clang-format on

}  // namespace gatehouse::gateway
