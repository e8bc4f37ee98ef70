// gateway/admin/token_routes.cc — tokens: issued, looked at, revoked; logging in and out.
#include <utility>

#include "gatehouse/wire/admin/requests.h"
#include "objects.h"
#include "question_parts.h"

namespace gatehouse::gateway {
namespace {

Result<wire::LoginBody> login_of_form(std::string_view text) {
  GH_TRY(const wire::Form form, wire::Form::parse(text));
  wire::LoginBody body;
  if (const auto grant = form.find("grant_type")) body.grant_type = *grant;
  const auto username = form.find("username"), password = form.find("password");
  if (!username) return bad_field("/username", "is missing", "the user's name");
  if (!password) return bad_field("/password", "is missing", "the user's password");
  body.username = *username;
  body.password = *password;
  return body;
}

Result<identity::Credentials> credentials_of(const Question& question) {
  if (question.body.empty()) {
    return caller_error("invalid_request", "There is no body; a working call is: curl URL -d 'username=NAME' -d 'password=PASSWORD'");
  }
  Result<wire::LoginBody> body = question.body_is_form ? login_of_form(question.body) : read_body(question, &wire::read_login);
  if (!body) return body.error();
  if (body->grant_type != "password") {
    return caller_error("unsupported_grant_type", "grant_type must be \"password\"").with_param("grant_type");
  }
  return identity::Credentials(std::move(body->username), Secret<std::string>(std::move(body->password)));
}

std::string login_text(const identity::IssuedToken& token, seconds lifetime) {
  std::string text;
  wire::JsonWriter json(text);
  json.begin_object().member("access_token", token.token.expose()).member("token_type", "bearer");
  json.member("expires_in", lifetime.count()).end_object();
  return text;
}

// Whoever is no user: a tenant's token, an API key.
std::string principal_text(const identity::Principal& who) {
  std::string text;
  wire::JsonWriter json(text);
  json.begin_object().member_or_null("id", who.key ? who.key->value() : who.subject).member_null("username").member_null("email");
  json.member("is_active", true).member("is_superuser", who.scopes.has(identity::Scope::platform_admin));
  json.member("tenant_id", who.tenant.value()).member("role", "service").key("scopes").begin_list();
  for (const std::string& scope : who.scopes.names()) json.value(scope);
  json.end_list().end_object();
  return text;
}

Error keys_do_not_log_out() {
  return caller_error("not_a_token", "Only a token logs out; an API key is revoked by whoever administers it");
}

}  // namespace

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
  if (question.action == Action::logout) {
    if (question.who->proof != identity::Proof::token) co_return keys_do_not_log_out();
    const Status revoked = co_await desk.revoke(reactor, *question.who);
    if (!revoked) co_return revoked.error();
    co_return Reply(204, {}).about(question.who->token.id);
  }
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
    revoked = co_await desk.revoke(reactor, std::move(token));
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

Task<Result<Reply>> Administration::login(Reactor& reactor, Question question) const {
  Result<identity::Credentials> credentials = credentials_of(question);
  if (!credentials) co_return credentials.error();
  const identity::Login& desk = house_.login();
  const Result<identity::IssuedToken> token = co_await desk.by_password(reactor, std::move(*credentials));
  if (!token) co_return token.error();
  Reply reply(200, login_text(*token, desk.lifetime()));
  const identity::TenantEntry* tenant = house_.registry().current()->tenant(token->tenant);
  reply.object = token->subject;
  reply.who = Reply::Who{token->tenant, tenant == nullptr ? 0 : tenant->record.number, token->subject};
  co_return reply;
}

Task<Result<Reply>> Administration::me(Reactor& reactor, Question question) const {
  if (question.who->username.empty()) co_return Reply(200, principal_text(*question.who));
  const Result<store::User> user = co_await house_.login().user_of(reactor, *question.who);
  if (!user) co_return user.error();
  co_return Reply(200, object_text(*user));
}

}  // namespace gatehouse::gateway
