// gateway/admin/role_routes.cc — /api/admin/roles.
#include <utility>

#include "gatehouse/store/errors.h"
#include "gatehouse/wire/admin/roles.h"
#include "objects.h"
#include "question_parts.h"

namespace gatehouse::gateway {
namespace {

// after: TENANT/NAME, as ids of roles are. Nothing: none of it may be seen.
Result<std::optional<store::RoleQuery>> role_query_of(const Question& question) {
  store::RoleQuery query(reach_of(question));
  if (const auto named = question.query.find("tenant")) {
    TenantId tenant{std::string(*named)};
    if (!query.reach.includes(tenant)) return std::optional<store::RoleQuery>();
    query.reach = store::Reach::of(std::move(tenant));
  }
  const std::string after = read_after(question.query);
  const std::size_t slash = after.find('/');
  query.after_tenant = TenantId(after.substr(0, slash));
  if (slash != std::string::npos) query.after_name = after.substr(slash + 1);
  GH_TRY(query.limit, read_limit(question.query));
  return std::optional<store::RoleQuery>(std::move(query));
}

identity::RoleWish role_wish_of(wire::RoleBody body) {
  identity::RoleWish wish;
  wish.scopes = std::move(body.scopes);
  wish.tasks = std::move(body.tasks);
  wish.models = std::move(body.models);
  wish.max_tokens = body.max_tokens;
  wish.n = body.n;
  wish.temperature = body.temperature;
  return wish;
}

}  // namespace

Task<Result<Reply>> Administration::roles(Reactor& reactor, Question question) const {
  const identity::Roles& desk = house_.roles();
  if (question.action == Action::roles_list) {
    Result<std::optional<store::RoleQuery>> query = role_query_of(question);
    if (!query) co_return query.error();
    if (!*query) co_return Reply(200, list_text(store::Page<store::Role>()));
    const Result<store::Page<store::Role>> page = co_await desk.list(reactor, std::move(**query));
    if (!page) co_return page.error();
    co_return Reply(200, list_text(*page));
  }
  identity::RoleName name = role_asked_for(question);
  if (question.action == Action::role_delete) {
    std::string id = role_id(name.tenant, name.name);
    identity::Actor actor = actor_of(question);
    const Status removed = co_await desk.remove(reactor, std::move(actor), std::move(name), question.version);
    if (!removed) co_return removed.error();
    co_return Reply(204, {}).about(std::move(id));
  }
  store::Reach reach = reach_of(question);
  const Result<store::Role> role = co_await desk.find(reactor, std::move(reach), std::move(name));
  if (!role) co_return role.error();
  co_return Reply(200, object_text(*role));
}

Task<Result<Reply>> Administration::add_role(Reactor& reactor, Question question) const {
  Result<wire::NewRoleBody> body = read_body(question, &wire::read_new_role);
  if (!body) co_return body.error();
  identity::RoleName name(tenant_of(question, body->tenant_id), std::move(body->name));
  identity::RoleWish wish = role_wish_of(std::move(*body));
  identity::Actor actor = actor_of(question);
  const Result<store::Role> role = co_await house_.roles().add(reactor, std::move(actor), std::move(name), std::move(wish));
  if (!role) co_return role.error();
  co_return Reply(201, object_text(*role)).about(role_id(role->tenant, role->name));
}

Task<Result<Reply>> Administration::set_role(Reactor& reactor, Question question) const {
  Result<wire::RoleBody> body = read_body(question, &wire::read_role);
  if (!body) co_return body.error();
  identity::RoleName name = role_asked_for(question);
  identity::RoleWish wish = role_wish_of(std::move(*body));
  identity::Actor actor = actor_of(question);
  const Result<store::Role> role =
      co_await house_.roles().set(reactor, std::move(actor), std::move(name), std::move(wish), question.version);
  if (!role) co_return role.error();
  co_return Reply(200, object_text(*role)).about(role_id(role->tenant, role->name));
}

}  // namespace gatehouse::gateway
