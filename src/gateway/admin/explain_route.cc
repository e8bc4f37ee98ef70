// gateway/admin/explain_route.cc — /api/admin/explain: what would be decided, and by which rule.
#include <algorithm>
#include <utility>
#include <vector>

#include "explain.h"
#include "gatehouse/net/networks.h"
#include "gatehouse/store/errors.h"
#include "gatehouse/wire/admin/explain.h"
#include "question_parts.h"

namespace gatehouse::gateway {
namespace {

Result<Supposed> supposed_of(wire::ExplainBody& body, const MethodAndTarget& route) {
  Supposed supposed(route.method, std::string(route.path));
  supposed.model = body.model.value_or("");
  supposed.address = body.address.value_or("");
  if (!supposed.address.empty() && !net::parse_address(supposed.address)) {
    return bad_field("/address", "is no address", "such as 203.0.113.7 or 2001:db8::1");
  }
  if (body.parameters) {
    supposed.max_tokens = body.parameters->max_tokens;
    supposed.n = body.parameters->n;
    supposed.temperature = body.parameters->temperature;
  }
  return supposed;
}

template <class T>
Status found(const Result<T>& looked_for) {
  return looked_for ? ok() : Status(looked_for.error());
}

}  // namespace

// The same look-ups that the routes make themselves, of what their path names, and of who must stand behind the credential.
Task<Administration::LookedUp> Administration::look_up(Reactor& reactor, const Question& asked) const {
  switch (asked.action) {
    case Action::tenant_export:
    case Action::lexicon_get:
    case Action::lexicon_set:
    case Action::lexicon_delete:
      if (!reach_of(asked).includes(TenantId(asked.parameter))) co_return Status(store::tenant_not_found());
      [[fallthrough]];
    case Action::tenant_get:
    case Action::tenant_set: {
      TenantId id(asked.parameter);
      co_return found(co_await house_.tenants().find(reactor, std::move(id)));
    }
    case Action::tenant_delete: {
      TenantId id(asked.parameter);
      co_return found(co_await house_.tenants().find_to_remove(reactor, std::move(id)));
    }
    case Action::model_load:
    case Action::model_unload:
    case Action::repository_load:
    case Action::repository_unload:
      co_return found(model_named(asked.parameter));
    case Action::role_get:
    case Action::role_set:
    case Action::role_delete:
      co_return co_await look_up_role(reactor, asked);
    case Action::key_get:
    case Action::key_set:
    case Action::key_revoke:
    case Action::key_rotate:
    case Action::own_key_set:
    case Action::own_key_revoke:
    case Action::own_key_rotate:
      co_return co_await look_up_key(reactor, asked);
    case Action::budget_get: {
      store::Reach reach = reach_of(asked);
      store::BudgetId id(asked.parameter);
      co_return found(co_await house_.budgets().find(reactor, std::move(reach), std::move(id)));
    }
    case Action::budget_set:
    case Action::budget_delete: {
      identity::Actor actor = actor_of(asked);
      store::BudgetId id(asked.parameter);
      co_return found(co_await house_.budgets().find_to_change(reactor, std::move(actor), std::move(id), asked.version));
    }
    default:
      co_return co_await look_up_person(reactor, asked);
  }
}

Task<Administration::LookedUp> Administration::look_up_key(Reactor& reactor, const Question& asked) const {
  const identity::Keys& desk = house_.keys();
  identity::KeyHolder holder = holder_of(asked);
  KeyId id(asked.parameter);
  switch (asked.action) {
    case Action::key_set:
    case Action::own_key_set:
      co_return found(co_await desk.find_to_change(reactor, std::move(holder), std::move(id)));
    case Action::key_revoke:
    case Action::own_key_revoke:
      co_return found(co_await desk.find_to_revoke(reactor, std::move(holder), std::move(id)));
    case Action::key_rotate:
    case Action::own_key_rotate:
      co_return found(co_await desk.find_to_rotate(reactor, std::move(holder), std::move(id)));
    default:
      co_return found(co_await desk.find(reactor, std::move(holder), std::move(id)));
  }
}

Task<Administration::LookedUp> Administration::look_up_role(Reactor& reactor, const Question& asked) const {
  identity::RoleName name = role_asked_for(asked);
  if (asked.action == Action::role_get) {
    store::Reach reach = reach_of(asked);
    co_return found(co_await house_.roles().find(reactor, std::move(reach), std::move(name)));
  }
  identity::Actor actor = actor_of(asked);
  co_return found(co_await house_.roles().find_to_change(reactor, std::move(actor), std::move(name)));
}

Task<Administration::LookedUp> Administration::look_up_person(Reactor& reactor, const Question& asked) const {
  switch (asked.action) {
    case Action::user_get: {
      store::UserId id(asked.parameter);
      store::Reach reach = reach_of(asked);
      co_return found(co_await house_.users().find(reactor, std::move(reach), std::move(id)));
    }
    case Action::user_set:
    case Action::user_password:
    case Action::user_reset:
    case Action::user_delete:
    case Action::user_sessions_end: {
      store::UserId id(asked.parameter);
      identity::Actor actor = actor_of(asked);
      co_return found(co_await house_.users().find_to_change(reactor, std::move(actor), std::move(id)));
    }
    case Action::invitation_delete:
    case Action::reset_delete: {
      store::Reach reach = reach_of(asked);
      std::string id = asked.parameter;
      co_return found(co_await house_.accounts().find_ticket(reactor, ticket_kind_of(asked.action), std::move(reach), std::move(id)));
    }
    case Action::own_password:
    case Action::sessions_list:
      co_return found(co_await house_.accounts().user_of(reactor, *asked.who));
    case Action::session_end: {
      const Result<store::User> user = co_await house_.accounts().user_of(reactor, *asked.who);
      if (!user) co_return found(user);
      const Result<std::vector<store::Session>> sessions = co_await house_.sessions().list(reactor, user->id);
      if (!sessions) co_return found(sessions);
      const bool theirs = std::ranges::any_of(*sessions, [&](const store::Session& one) { return one.id.value() == asked.parameter; });
      co_return theirs ? ok() : Status(store::session_not_found());
    }
    default:
      co_return std::nullopt;
  }
}

Task<Result<Reply>> Administration::explain(Reactor& reactor, Question question) const {
  Result<wire::ExplainBody> body = read_body(question, &wire::read_explain);
  if (!body) co_return body.error();
  const Secret<std::string> credential(std::move(body->credential));
  const std::string text = std::move(body->route);
  const std::optional<MethodAndTarget> route = read_route(text);
  if (!route) co_return bad_field("/route", "is no route", "a method and a path, such as POST /v1/chat/completions");
  const Result<Supposed> supposed = supposed_of(*body, *route);
  if (!supposed) co_return supposed.error();
  const identity::DirectoryPtr directory = house_.registry().current();
  const store::Reach reach = reach_of(question);
  const Examine examine = [&] {
    identity::Examined examined = identity::examine(credential, *directory, house_.hasher(), clock_.wall());
    const bool within_reach = !reach.tenant() || examined.owner == reach.tenant();
    return within_reach ? std::move(examined) : identity::examine_unknown(credential);
  };
  Explanation explanation = gateway::explain(*supposed, credential, examine, explain_rules_);
  if (explanation.who && !explanation.refusal() && administrates(explanation.route->action)) {
    Question asked(explanation.route->action, explanation.who.get());
    asked.parameter = explanation.parameter;
    Result<wire::Form> query = wire::Form::parse(route->query);
    if (!query) co_return query.error();
    asked.query = std::move(*query);
    const LookedUp there = co_await look_up(reactor, asked);
    if (there && !*there && there->error().origin() != Origin::caller) co_return there->error();  // nothing was decided
    if (there) explanation.add("object", *there, "what it is about is there, and within reach");
  }
  co_return Reply(200, explanation_text(explanation));
}

}  // namespace gatehouse::gateway
