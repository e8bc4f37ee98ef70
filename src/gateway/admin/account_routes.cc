// gateway/admin/account_routes.cc — /api/auth: what people do about themselves.
#include <utility>

#include "gatehouse/wire/admin/people.h"
#include "gatehouse/wire/admin/requests.h"
#include "objects.h"
#include "question_parts.h"

namespace gatehouse::gateway {
namespace {

constexpr std::string_view by_password = "password", by_refresh_token = "refresh_token";
constexpr std::size_t longest_empty_login = 256, longest_escape = 6;  // bytes of JSON, for one of a text
constexpr std::size_t longest_refresh_token = 256;                    // as in JSON; of what is longer the beginning is none either

Error body_missing() {
  return caller_error("invalid_request", "There is no body; a working call is: curl URL -d 'username=NAME' -d 'password=PASSWORD'");
}

// By the rules that the JSON of a login has.
Result<wire::LoginBody> login_of_form(const wire::Form& form) {
  std::string text;
  std::size_t most = longest_empty_login;
  for (const auto& [name, value] : form.pairs()) most += longest_escape * value.size();
  text.reserve(most);  // at once: what grows leaves copies behind
  wire::JsonWriter json(text);
  json.begin_object();
  for (const std::string_view name : {"grant_type", "username", "password", "scope", "client_id", "client_secret"}) {
    if (const auto value = form.find(name)) json.member(name, *value);
  }
  json.end_object();
  wire::JsonParser parser;
  const Result<wire::JsonValue> value = parser.parse(text);
  Result<wire::LoginBody> body = value ? wire::read_login(*value) : Result<wire::LoginBody>(value.error());
  wipe(text);
  return body;
}

Result<identity::Credentials> credentials_of(const Question& question, const wire::Form& form) {
  Result<wire::LoginBody> body = question.body_is_form ? login_of_form(form) : read_body(question, &wire::read_login);
  if (!body) return body.error();
  if (body->grant_type != by_password) {
    return caller_error("unsupported_grant_type", "grant_type must be \"password\", or in a form \"refresh_token\"")
        .with_param("grant_type");
  }
  return identity::Credentials(std::move(body->username), Secret<std::string>(std::move(body->password)));
}

identity::Client client_of(const Question& question) { return identity::Client(question.address, question.user_agent); }

std::string logged_in_text(const identity::LoggedIn& in, seconds lifetime) {
  std::string text;
  wire::JsonWriter json(text);
  json.begin_object().member("access_token", in.access.token.expose()).member("token_type", "bearer");
  json.member("expires_in", lifetime.count()).member("refresh_token", in.refresh.expose()).end_object();
  return text;
}

// A user, as whom the record is about for which nobody was let in.
Subject subject_of(const TenantId& tenant, const std::string& user, const identity::Directory& directory) {
  Subject subject;
  const identity::TenantEntry* const entry = directory.tenant(tenant);
  subject.object = user;
  subject.who = Subject::Who{tenant, entry == nullptr ? 0 : entry->record.number, user};
  return subject;
}

Reply logged_in(const identity::LoggedIn& in, seconds lifetime, const identity::Directory& directory) {
  Reply reply(200, logged_in_text(in, lifetime));
  reply.subject = subject_of(in.access.tenant, in.access.subject, directory);
  return reply;
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

std::string sessions_text(const std::vector<store::Session>& sessions, const std::string& own) {
  std::string text;
  wire::JsonWriter json(text);
  json.begin_object().key("data").begin_list();
  for (const store::Session& session : sessions) {
    json.begin_object();
    write_members(json, session);
    json.member("current", session.id.value() == own).end_object();
  }
  json.end_list().member("has_more", false).end_object();
  return text;
}

Error keys_do_not_log_out() {
  return caller_error("not_a_token", "Only a token logs out; an API key is revoked by whoever administers it");
}

// What OAuth2 clients expect of a refresh token that is none (RFC 6749, section 5.2).
Error as_grant(const Error& error) {
  if (error.code() != Code::unauthenticated) return error;
  return caller_error("invalid_grant", error.public_text()).with_detail(error.detail());
}

}  // namespace

// Whose session has ended by a token that came twice.
void Administration::say_whose(const Question& question, const std::optional<store::User>& user) const {
  if (question.subject == nullptr || !user) return;
  *question.subject = subject_of(user->tenant, user->id.value(), *house_.registry().current());
}

Task<Result<Reply>> Administration::log_in(Reactor& reactor, Question question) const {
  if (question.body.empty()) co_return body_missing();
  const seconds lifetime = house_.sessions().rules().access_lifetime;
  const Result<wire::Form> form = wire::Form::parse(question.body_is_form ? question.body : std::string_view());
  if (!form) co_return form.error();
  const std::string_view grant = form->find("grant_type").value_or(by_password);
  if (grant == by_refresh_token) {
    Secret<std::string> token(std::string(form->find("refresh_token").value_or("").substr(0, longest_refresh_token)));
    identity::Client client = client_of(question);
    std::optional<store::User> whose;
    const Result<identity::LoggedIn> in = co_await house_.sessions().refresh(reactor, std::move(token), std::move(client), &whose);
    say_whose(question, whose);
    if (!in) co_return as_grant(in.error());
    co_return logged_in(*in, lifetime, *house_.registry().current());
  }
  Result<identity::Credentials> credentials = credentials_of(question, *form);
  if (!credentials) co_return credentials.error();
  identity::Client client = client_of(question);
  const Result<identity::LoggedIn> in = co_await house_.login().by_password(reactor, std::move(*credentials), std::move(client));
  if (!in) co_return in.error();
  co_return logged_in(*in, lifetime, *house_.registry().current());
}

Task<Result<Reply>> Administration::refresh(Reactor& reactor, Question question) const {
  Result<wire::RefreshBody> body = read_body(question, &wire::read_refresh);
  if (!body) co_return body.error();
  Secret<std::string> token(std::move(body->refresh_token));
  identity::Client client = client_of(question);
  const identity::Sessions& desk = house_.sessions();
  std::optional<store::User> whose;
  const Result<identity::LoggedIn> in = co_await desk.refresh(reactor, std::move(token), std::move(client), &whose);
  say_whose(question, whose);
  if (!in) co_return in.error();
  co_return logged_in(*in, desk.rules().access_lifetime, *house_.registry().current());
}

Task<Result<Reply>> Administration::log_out(Reactor& reactor, Question question) const {
  const identity::Principal& who = *question.who;
  if (who.proof != identity::Proof::token) co_return keys_do_not_log_out();
  if (who.token.issuer.empty() && !who.token.session.empty()) {
    store::UserId user(who.subject);
    store::SessionId session(who.token.session);
    const Status ended = co_await house_.sessions().end(reactor, std::move(user), std::move(session));
    if (!ended && ended.error().reason() != "session_not_found") co_return ended.error();
  }
  const Status revoked = co_await house_.tokens().revoke(reactor, who);
  if (!revoked) co_return revoked.error();
  co_return Reply(204, {}).about(who.token.id);
}

Task<Result<Reply>> Administration::me(Reactor& reactor, Question question) const {
  const identity::Principal& who = *question.who;
  if (who.key || !who.is_our_users()) co_return Reply(200, principal_text(who));
  store::Reach reach = store::Reach::of(who.tenant);
  store::UserId id(who.subject);
  const Result<store::User> user = co_await house_.users().find(reactor, std::move(reach), std::move(id));
  if (!user) co_return user.error();
  co_return Reply(200, object_text(*user));
}

Task<Result<Reply>> Administration::register_self(Reactor& reactor, Question question) const {
  Result<wire::RegisterBody> body = read_body(question, &wire::read_register);
  if (!body) co_return body.error();
  if (body->is_superuser || !body->is_active) {
    co_return Error(Code::permission_denied, Origin::caller, "role_not_allowed", "Not enough permissions")
        .with_param(body->is_superuser ? "is_superuser" : "is_active");
  }
  identity::Newcomer newcomer(std::move(body->username), std::move(body->email), Secret<std::string>(std::move(body->password)));
  if (body->invitation) newcomer.invitation = Secret<std::string>(std::move(*body->invitation));
  const Result<store::User> user = co_await house_.accounts().register_self(reactor, std::move(newcomer));
  if (!user) co_return user.error();
  Reply reply(200, object_text(*user));
  reply.subject = subject_of(user->tenant, user->id.value(), *house_.registry().current());
  co_return reply;
}

Task<Result<Reply>> Administration::set_own_password(Reactor& reactor, Question question) const {
  Result<wire::PasswordChangeBody> body = read_body(question, &wire::read_password_change);
  if (!body) co_return body.error();
  identity::Accounts::PasswordChange change(Secret<std::string>(std::move(body->current_password)),
                                            Secret<std::string>(std::move(body->new_password)), question.address);
  const Status changed = co_await house_.accounts().change_password(reactor, *question.who, std::move(change));
  if (!changed) co_return changed.error();
  co_return Reply(204, {}).about(question.who->subject);
}

Task<Result<Reply>> Administration::reset_password(Reactor& reactor, Question question) const {
  Result<wire::PasswordResetBody> body = read_body(question, &wire::read_password_reset);
  if (!body) co_return body.error();
  Secret<std::string> token(std::move(body->token)), password(std::move(body->new_password));
  const Result<store::User> reset = co_await house_.accounts().reset(reactor, std::move(token), std::move(password));
  if (!reset) co_return reset.error();
  Reply reply(204, {});
  reply.subject = subject_of(reset->tenant, reset->id.value(), *house_.registry().current());
  co_return reply;
}

Task<Result<Reply>> Administration::own_sessions(Reactor& reactor, Question question) const {
  const Result<store::User> user = co_await house_.accounts().user_of(reactor, *question.who);
  if (!user) co_return user.error();
  const identity::Sessions& desk = house_.sessions();
  if (question.action == Action::session_end) {
    store::SessionId id(question.parameter);
    const Status ended = co_await desk.end(reactor, user->id, std::move(id));
    if (!ended) co_return ended.error();
    co_return Reply(204, {});
  }
  const Result<std::vector<store::Session>> sessions = co_await desk.list(reactor, user->id);
  if (!sessions) co_return sessions.error();
  co_return Reply(200, sessions_text(*sessions, question.who->token.session));
}

}  // namespace gatehouse::gateway
