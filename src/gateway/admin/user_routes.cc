// gateway/admin/user_routes.cc — /api/admin/users, /api/admin/invitations and /api/admin/resets.
#include <utility>

#include "gatehouse/wire/admin/people.h"
#include "objects.h"
#include "question_parts.h"

namespace gatehouse::gateway {
namespace {

std::string with_password_text(const identity::UserWithPassword& made) {
  std::string text;
  wire::JsonWriter json(text);
  json.begin_object();
  write_members(json, made.record);
  if (made.password) json.member("password", made.password->expose());
  json.end_object();
  return text;
}

std::string ticket_text(std::string_view name, const identity::IssuedTicket& ticket) {
  std::string text;
  wire::JsonWriter json(text);
  json.begin_object().member("id", ticket.id).member(name, ticket.text.expose());
  json.member("expires_at", moment_text(ticket.expires)).end_object();
  return text;
}

// As far as they reach, and in the tenant that they name.
store::Reach reach_within(const Question& question) {
  store::Reach reach = reach_of(question);
  const auto tenant = question.query.find("tenant");
  return tenant && !reach.tenant() ? store::Reach::of(TenantId(std::string(*tenant))) : reach;
}

// Pages of everybody, or the one of that name.
Result<store::UserQuery> query_of(const Question& question) {
  store::UserQuery query(reach_within(question));
  query.after = store::UserId(read_after(question.query));
  GH_TRY(query.limit, read_limit(question.query));
  return query;
}

}  // namespace

Task<Result<Reply>> Administration::users(Reactor& reactor, Question question) const {
  const identity::Users& desk = house_.users();
  if (question.action == Action::user_get) {
    store::UserId id(question.parameter);
    store::Reach reach = reach_of(question);
    const Result<store::User> user = co_await desk.find(reactor, std::move(reach), std::move(id));
    if (!user) co_return user.error();
    co_return Reply(200, object_text(*user));
  }
  Result<store::UserQuery> query = query_of(question);
  if (!query) co_return query.error();
  if (const auto name = question.query.find("username")) {
    store::Page<store::User> page;
    Result<store::User> named = co_await desk.find_by_name(reactor, query->reach, std::string(*name));
    if (!named && named.error().reason() != "user_not_found") co_return named.error();
    if (named && named->id > query->after) page.data.push_back(std::move(*named));
    co_return Reply(200, list_text(page));
  }
  const Result<store::Page<store::User>> page = co_await desk.list(reactor, std::move(*query));
  if (!page) co_return page.error();
  co_return Reply(200, list_text(*page));
}

Task<Result<Reply>> Administration::add_user(Reactor& reactor, Question question) const {
  Result<wire::NewUserBody> body = read_body(question, &wire::read_new_user);
  if (!body) co_return body.error();
  identity::NewUser wanted(tenant_of(question, body->tenant_id), std::move(body->username));
  wanted.email = body->email.value_or("");
  wanted.role = body->role.value_or(std::move(wanted.role));
  wanted.is_active = body->is_active;
  if (body->password) wanted.password = Secret<std::string>(std::move(*body->password));
  wanted.password_hash = body->password_hash.value_or("");
  identity::Actor actor = actor_of(question);
  const Result<identity::UserWithPassword> made = co_await house_.users().add(reactor, std::move(actor), std::move(wanted));
  if (!made) co_return made.error();
  co_return Reply(201, with_password_text(*made)).about(made->record.id.value());
}

Task<Result<Reply>> Administration::set_user(Reactor& reactor, Question question) const {
  Result<wire::UserBody> body = read_body(question, &wire::read_user);
  if (!body) co_return body.error();
  identity::UserWish wish;
  wish.email = std::move(body->email);
  wish.role = std::move(body->role);
  wish.is_active = body->is_active;
  identity::Actor actor = actor_of(question);
  store::UserId id(question.parameter);
  const Result<store::User> user = co_await house_.users().set(reactor, std::move(actor), std::move(id), std::move(wish), question.version);
  if (!user) co_return user.error();
  co_return Reply(200, object_text(*user));
}

Task<Result<Reply>> Administration::set_user_password(Reactor& reactor, Question question) const {
  Result<wire::NewPasswordBody> body = read_body(question, &wire::read_new_password);
  if (!body) co_return body.error();
  std::optional<Secret<std::string>> password;
  if (body->password) password = Secret<std::string>(std::move(*body->password));
  identity::Actor actor = actor_of(question);
  store::UserId id(question.parameter);
  const Result<identity::UserWithPassword> set =
      co_await house_.users().set_password(reactor, std::move(actor), std::move(id), std::move(password), question.version);
  if (!set) co_return set.error();
  co_return Reply(200, with_password_text(*set));
}

Task<Result<Reply>> Administration::offer_reset(Reactor& reactor, Question question) const {
  const Result<wire::NewResetBody> body = read_body(question, &wire::read_new_reset);
  if (!body) co_return body.error();
  const Result<std::optional<seconds>> lifetime = read_duration(body->expires, "/expires");
  if (!lifetime) co_return lifetime.error();
  identity::Actor actor = actor_of(question);
  store::UserId id(question.parameter);
  const Result<identity::IssuedTicket> ticket = co_await house_.accounts().offer_reset(reactor, std::move(actor), std::move(id), *lifetime);
  if (!ticket) co_return ticket.error();
  co_return Reply(201, ticket_text("reset_token", *ticket));
}

Task<Result<Reply>> Administration::delete_user(Reactor& reactor, Question question) const {
  identity::Actor actor = actor_of(question);
  store::UserId id(question.parameter);
  const Status removed = co_await house_.users().remove(reactor, std::move(actor), std::move(id), question.version);
  if (!removed) co_return removed.error();
  co_return Reply(204, {});
}

Task<Result<Reply>> Administration::end_user_sessions(Reactor& reactor, Question question) const {
  identity::Actor actor = actor_of(question);
  store::UserId id(question.parameter);
  const Status ended = co_await house_.users().end_sessions(reactor, std::move(actor), std::move(id));
  if (!ended) co_return ended.error();
  co_return Reply(204, {});
}

Task<Result<Reply>> Administration::invite(Reactor& reactor, Question question) const {
  const Result<wire::NewInvitationBody> body = read_body(question, &wire::read_new_invitation);
  if (!body) co_return body.error();
  const Result<std::optional<seconds>> lifetime = read_duration(body->expires, "/expires");
  if (!lifetime) co_return lifetime.error();
  identity::Invitation invitation(tenant_of(question, body->tenant_id));
  invitation.role = body->role.value_or(std::move(invitation.role));
  invitation.email = body->email.value_or("");
  invitation.lifetime = *lifetime;
  identity::Actor actor = actor_of(question);
  const Result<identity::IssuedTicket> ticket = co_await house_.accounts().invite(reactor, std::move(actor), std::move(invitation));
  if (!ticket) co_return ticket.error();
  co_return Reply(201, ticket_text("invitation", *ticket)).about(ticket->id);
}

Task<Result<Reply>> Administration::tickets(Reactor& reactor, Question question) const {
  const store::TicketKind kind = ticket_kind_of(question.action);
  if (question.action == Action::invitation_delete || question.action == Action::reset_delete) {
    identity::Actor actor = actor_of(question);
    const Status gone = co_await house_.accounts().withdraw(reactor, kind, std::move(actor), std::move(question.parameter));
    if (!gone) co_return gone.error();
    co_return Reply(204, {});
  }
  store::TicketQuery query(kind, reach_within(question), std::chrono::floor<seconds>(clock_.wall()));
  query.after = read_after(question.query);
  const Result<std::size_t> limit = read_limit(question.query);
  if (!limit) co_return limit.error();
  query.limit = *limit;
  const Result<store::Page<store::Ticket>> page = co_await house_.accounts().tickets(reactor, std::move(query));
  if (!page) co_return page.error();
  co_return Reply(200, list_text(*page));
}

}  // namespace gatehouse::gateway
