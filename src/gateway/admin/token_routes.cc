// gateway/admin/token_routes.cc — tokens: issued, looked at, revoked.
#include <utility>

#include "gatehouse/wire/admin/requests.h"
#include "objects.h"
#include "question_parts.h"

namespace gatehouse::gateway {

Task<Result<Reply>> Administration::issue_token(Reactor& reactor, Question question) const {
  Result<wire::NewTokenBody> body = read_body(question, &wire::read_new_token);
  if (!body) co_return body.error();
  const Result<std::optional<seconds>> lifetime = read_duration(body->lifetime, "/lifetime");
  if (!lifetime) co_return lifetime.error();
  identity::TokenWish wish{TenantId(body->tenant_id)};
  if (body->user_id) wish.user = store::UserId(*body->user_id);
  wish.scopes = std::move(body->scopes);
  wish.lifetime = *lifetime;
  const Result<identity::IssuedToken> issued = co_await house_.tokens().issue(reactor, std::move(wish));
  if (!issued) co_return issued.error();
  co_return Reply(201, object_text(*issued)).about(issued->id);
}

Task<Result<Reply>> Administration::revoke(Reactor& reactor, Question question) const {
  const identity::Tokens& desk = house_.tokens();
  Result<wire::RevocationBody> body = read_body(question, &wire::read_revocation);
  if (!body) co_return body.error();
  // Whose they are, or which; never the token itself.
  std::string revoked_id = body->jti.value_or(body->tenant_id.value_or(body->user_id.value_or("")));
  Status revoked = ok();
  if (body->jti) {
    revoked = co_await desk.revoke_id(reactor, std::move(*body->jti), body->issuer.value_or(""));
  } else if (body->tenant_id) {
    TenantId tenant(std::move(*body->tenant_id));
    revoked = co_await desk.revoke_tenant(reactor, std::move(tenant));
  } else if (body->user_id && body->issuer) {
    revoked = co_await desk.revoke_subject(reactor, std::move(*body->issuer), std::move(*body->user_id));
  } else if (body->user_id) {
    store::UserId user(std::move(*body->user_id));
    revoked = co_await desk.revoke_user(reactor, std::move(user));
  } else {
    Secret<std::string> token(std::move(*body->token));
    Result<std::string> named = co_await desk.revoke(reactor, std::move(token));
    if (named) revoked_id = std::move(*named);
    if (!named) revoked = named.error();
  }
  if (!revoked) co_return revoked.error();
  co_return Reply(204, {}).about(std::move(revoked_id));
}

Result<Reply> Administration::inspect(const Question& question) const {
  GH_TRY(wire::InspectBody body, read_body(question, &wire::read_inspect));
  const identity::InspectedToken found = house_.tokens().inspect(Secret<std::string>(std::move(body.token)));
  std::string text;
  wire::JsonWriter json(text);
  json.begin_object().member("active", found.refusal.empty()).member_or_null("reason", found.refusal);
  json.member_raw("claims", found.claims.empty() ? "null" : found.claims).end_object();
  return Reply(200, std::move(text));
}

}  // namespace gatehouse::gateway
