#include "gatehouse/gateway/administration.h"

#include <utility>

#include "audit_notes.h"
#include "errors.h"
#include "gatehouse/identity/authenticator.h"
#include "gatehouse/telemetry/log.h"
#include "gatehouse/wire/json/writer.h"
#include "question_parts.h"

namespace gatehouse::gateway {
namespace {

Error no_such_route() { return Error(Code::not_found, Origin::caller, "not_found", "There is no such route"); }

Reply reply_to(const Error& error) { return {status_of(error, Dialect::api), error_body(error, Dialect::api, {})}; }

}  // namespace

bool administrates(Action action) { return action >= Action::tenants_list; }

Task<Result<Reply>> Administration::answer(Reactor& reactor, Question question) const {
  switch (question.action) {
    case Action::tenants_list:
    case Action::tenant_get:
    case Action::tenant_delete:
      co_return co_await tenants(reactor, std::move(question));
    case Action::tenant_add:
      co_return co_await add_tenant(reactor, std::move(question));
    case Action::tenant_set:
      co_return co_await set_tenant(reactor, std::move(question));
    case Action::tenant_export:
      co_return co_await export_tenant(reactor, std::move(question));
    case Action::lexicon_get:
    case Action::lexicon_set:
    case Action::lexicon_delete:
      co_return co_await lexicon(reactor, std::move(question));
    case Action::keys_list:
    case Action::key_get:
    case Action::key_revoke:
    case Action::own_keys_list:
    case Action::own_key_revoke:
      co_return co_await keys(reactor, std::move(question));
    case Action::key_add:
      co_return co_await add_key(reactor, std::move(question));
    case Action::own_key_add:
      co_return co_await add_own_key(reactor, std::move(question));
    case Action::key_set:
    case Action::own_key_set:
      co_return co_await set_key(reactor, std::move(question));
    case Action::key_rotate:
    case Action::own_key_rotate:
      co_return co_await rotate_key(reactor, std::move(question));
    case Action::token_issue:
      co_return co_await issue_token(reactor, std::move(question));
    case Action::revocation_add:
      co_return co_await revoke(reactor, std::move(question));
    case Action::token_inspect:
      co_return inspect(question);
    case Action::usage:
    case Action::usage_all:
      co_return co_await usage(reactor, std::move(question));
    case Action::audit:
    case Action::audit_all:
      co_return co_await audit(reactor, std::move(question));
    case Action::signing_keys_list:
      co_return co_await signing_keys(reactor);
    case Action::signing_key_rotate:
      co_return co_await rotate_signing_key(reactor, std::move(question));
    case Action::jwks:
      co_return Reply(200, house_.registry().current()->signing_keys()->all.public_jwks());
    default:
      co_return co_await answer_about_people(reactor, std::move(question));
  }
}

Task<Result<Reply>> Administration::answer_about_people(Reactor& reactor, Question question) const {
  switch (question.action) {
    case Action::users_list:
    case Action::user_get:
      co_return co_await users(reactor, std::move(question));
    case Action::user_add:
      co_return co_await add_user(reactor, std::move(question));
    case Action::user_set:
      co_return co_await set_user(reactor, std::move(question));
    case Action::user_password:
      co_return co_await set_user_password(reactor, std::move(question));
    case Action::user_reset:
      co_return co_await offer_reset(reactor, std::move(question));
    case Action::user_delete:
      co_return co_await delete_user(reactor, std::move(question));
    case Action::user_sessions_end:
      co_return co_await end_user_sessions(reactor, std::move(question));
    case Action::invitation_add:
      co_return co_await invite(reactor, std::move(question));
    case Action::invitations_list:
    case Action::invitation_delete:
    case Action::resets_list:
    case Action::reset_delete:
      co_return co_await tickets(reactor, std::move(question));
    case Action::roles_list:
    case Action::role_get:
    case Action::role_delete:
      co_return co_await roles(reactor, std::move(question));
    case Action::role_add:
      co_return co_await add_role(reactor, std::move(question));
    case Action::role_set:
      co_return co_await set_role(reactor, std::move(question));
    case Action::budgets_list:
    case Action::budget_add:
    case Action::budget_get:
    case Action::budget_set:
    case Action::budget_delete:
      co_return co_await budgets(reactor, std::move(question));
    case Action::explain:
      co_return co_await explain(reactor, std::move(question));
    default:
      co_return co_await answer_about_oneself_and_models(reactor, std::move(question));
  }
}

// What somebody does for themselves, and what is about models.
Task<Result<Reply>> Administration::answer_about_oneself_and_models(Reactor& reactor, Question question) const {
  switch (question.action) {
    case Action::login:
      co_return co_await log_in(reactor, std::move(question));
    case Action::refresh:
      co_return co_await refresh(reactor, std::move(question));
    case Action::logout:
      co_return co_await log_out(reactor, std::move(question));
    case Action::me:
      co_return co_await me(reactor, std::move(question));
    case Action::register_self:
      co_return co_await register_self(reactor, std::move(question));
    case Action::own_password:
      co_return co_await set_own_password(reactor, std::move(question));
    case Action::password_reset:
      co_return co_await reset_password(reactor, std::move(question));
    case Action::sessions_list:
    case Action::session_end:
      co_return co_await own_sessions(reactor, std::move(question));
    case Action::models_state:
      co_return models();
    case Action::model_load:
    case Action::model_unload:
      co_return co_await change_model(reactor, std::move(question));
    case Action::repository_index:
      co_return repository_index(question);
    case Action::repository_load:
      co_return co_await repository_load(reactor, std::move(question));
    case Action::repository_unload:
      co_return co_await repository_unload(reactor, std::move(question));
    default:
      co_return no_such_route();
  }
}

Task<Reply> Administration::command(Reactor& reactor, wire::Method method, std::string target, std::string body) const {
  const std::size_t mark = target.find('?');
  const std::string path = target.substr(0, mark);
  const RouteMatch match = find_route(control_routes(), method, path);
  if (match.route == nullptr || !administrates(match.route->action)) co_return reply_to(no_such_route());
  const identity::PrincipalPtr who = identity::operator_at_the_socket();
  Question question(match.route->action, who.get());
  question.parameter = wire::unescape_segment(match.parameter).value_or("");
  question.second = wire::unescape_segment(match.second).value_or("");
  question.body = body;
  Result<wire::Form> query = wire::Form::parse(mark == std::string::npos ? std::string_view() : std::string_view(target).substr(mark + 1));
  if (!query) co_return reply_to(query.error());
  question.query = std::move(*query);
  Decision decision(*match.route, clock_.wall());
  const std::string object = question.parameter;
  decision.who = who.get();
  decision.object = object;
  std::int64_t intent = 0;
  if (is_intended(*match.route)) {
    telemetry::AuditRecord intended = intent_of(decision);
    const Result<std::int64_t> kept = co_await house_.audit().intend(reactor, std::move(intended));
    if (!kept) co_return reply_to(kept.error());
    intent = *kept;
  }
  Result<Reply> replied = co_await answer(reactor, std::move(question));
  if (!replied && intent != 0 && changed_nothing(replied.error())) {
    [[maybe_unused]] const Status dropped = co_await house_.audit().drop_intent(reactor, intent);
  }
  if (!replied) co_return reply_to(replied.error());
  if (has_own_record(*match.route, *replied)) {
    std::vector<telemetry::AuditRecord> records(1, record_of(decision, *replied));
    records.front().intent = intent;
    const Status kept = co_await house_.audit().append(reactor, std::move(records));
    if (!kept) co_return reply_to(kept.error());
  }
  co_return std::move(*replied);
}

}  // namespace gatehouse::gateway
