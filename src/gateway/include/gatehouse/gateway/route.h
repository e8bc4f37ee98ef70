// gateway/route.h — every route of the house, as data: router, OpenAPI document and the tests over all routes read this one table.
// Threads  constants
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "gatehouse/base/clock.h"
#include "gatehouse/identity/scopes.h"
#include "gatehouse/wire/http1/head.h"
#include "gatehouse/wire/openapi/document.h"

namespace gatehouse::gateway {

// Which client reads the answer: errors take its shape. Open Inference Protocol (/v2), OAuth2 (/oauth2, /token), Anthropic (/v1/messages).
enum class Dialect : std::uint8_t { api, openai, oip, oauth, anthropic };

// What answers.
enum class Action : std::uint8_t {
  root,
  version,
  liveness,
  readiness,
  startup,
  health_ping,
  health_status,
  openapi,
  list_models,
  get_model,
  chat,
  completion,
  llm_generate,
  messages,
  count_tokens,
  oip_generate,
  oip_generate_stream,
  predict,
  nlu_predict,
  nlu_extract,
  nlu_decide,
  embeddings,
  rerank,
  // The Open Inference Protocol's.
  oip_server,
  oip_live,
  oip_ready,
  oip_model,
  oip_model_ready,
  oip_stats,
  oip_all_stats,
  infer,
  tensor_predict,  // TensorFlow Serving's
  metrics,
  docs,
  redoc,
  docs_file,
  nlu_page,
  // What Administration answers.
  tenants_list,
  tenant_add,
  tenant_get,
  tenant_set,
  tenant_delete,
  tenant_export,
  lexicon_get,
  lexicon_set,
  lexicon_delete,
  keys_list,
  key_add,
  key_get,
  key_set,
  key_revoke,
  key_rotate,
  token_issue,
  token_inspect,
  revocation_add,
  users_list,
  user_add,
  user_get,
  user_set,
  user_delete,
  user_password,
  user_reset,
  user_sessions_end,
  invitation_add,
  invitations_list,
  invitation_delete,
  resets_list,
  reset_delete,
  roles_list,
  role_add,
  role_get,
  role_set,
  role_delete,
  budgets_list,
  budget_add,
  budget_get,
  budget_set,
  budget_delete,
  explain,
  usage_all,
  models_state,
  model_load,
  model_unload,
  repository_index,
  repository_load,
  repository_unload,
  signing_keys_list,
  signing_key_rotate,
  login,
  refresh,
  logout,
  me,
  register_self,
  own_password,
  password_reset,
  sessions_list,
  session_end,
  usage,
  jwks,
  audit,
  audit_all,
  own_keys_list,
  own_key_add,
  own_key_set,
  own_key_revoke,
  own_key_rotate,
  // Behind --test-hooks.
  echo,
  echo_plain,
};

// How much a request may bring; the configuration says how much that is (BodyLimits).
enum class BodySize : std::uint8_t { none, api, v1 };

// How a request goes on record. folded: what was allowed, and what nobody known was refused, is counted by the minute. each: so is that
// refused to nobody known; everything else has a record of its own, and a change is answered when that is durable.
enum class AuditClass : std::uint8_t { folded, each };

using SchemaFn = void (*)(wire::JsonWriter&);

struct Route {
  wire::Method method;
  std::string_view path;  // a segment in braces takes any one segment, also in front of what the segment ends with: {model}:predict
  Action action;
  std::optional<identity::Scope> needs;  // nothing: public, unless identified says otherwise
  Dialect dialect;
  BodySize body;
  seconds deadline;
  std::string_view tag, summary;
  SchemaFn request;
  SchemaFn response;
  bool probe = false;                            // needs no Host, counts for no limit, is logged only when it fails
  bool key_only = false;                         // an API key and nothing else
  bool identified = false;                       // any credential, whatever it allows
  std::optional<identity::Scope> or_needs = {};  // in place of `needs`
  constexpr bool open() const { return !needs && !identified; }
  bool page = false;      // for people: not in the OpenAPI document
  bool welcomes = false;  // open, and tells more to whoever shows a credential, which must be a good one then
  AuditClass audit = AuditClass::folded;
  // For the document alone.
  int success = 200;
  bool form = false;           // the body may come as a form, too
  bool body_optional = false;  // none is the same as {}
  std::span<const wire::OpenApiParameter> parameters = {};
  // Bytes of the path in front of its first brace; all where there is none: every request looks at every route.
  std::size_t fixed = std::min(path.size(), path.find('{'));
};

std::span<const Route> public_routes();
std::span<const Route> admin_routes();
// The control socket's.
std::span<const Route> control_routes();
// For measurements, on a listener that is told so.
std::span<const Route> hook_routes();

struct RouteMatch {
  const Route* route = nullptr;
  // What stands for the braces, escapes as sent; parts of the given path. A path has at most two.
  std::string_view parameter, second;
  // When route is null: the methods that this path has, as an Allow field; empty when the path is unknown.
  std::string allow;
  Dialect dialect = Dialect::api;  // of the path, also when it is unknown
};

Dialect dialect_of(std::string_view path);

// HEAD finds GET; /api/v1/… finds /api/….
RouteMatch find_route(std::span<const Route> routes, wire::Method method, std::string_view path);

}  // namespace gatehouse::gateway
