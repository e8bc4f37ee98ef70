// gateway/admin/tenant_routes.cc — /api/admin/tenants.
#include <utility>

#include "gatehouse/wire/admin/requests.h"
#include "objects.h"
#include "question_parts.h"

namespace gatehouse::gateway {
namespace {

Result<identity::TenantWish> wish_of(wire::TenantBody body) {
  identity::TenantWish wish;
  GH_TRY(wish.token_lifetime, read_duration(body.token_lifetime, "/token_lifetime"));
  wish.enabled = body.enabled;
  wish.console = body.console;
  wish.quota_per_day = body.quota_per_day;
  wish.tasks = std::move(body.tasks);
  wish.models = std::move(body.models);
  wish.scopes = std::move(body.scopes);
  if (body.signatures) wish.signatures = store::parse_signatures(*body.signatures);
  return wish;
}

std::string registered_text(const identity::RegisteredTenant& made) {
  std::string text;
  wire::JsonWriter json(text);
  json.begin_object();
  write_members(json, made.tenant);
  json.member("api_key", made.key.text.expose());
  if (made.key.signing_secret)
    json.member("signing_secret", made.key.signing_secret->expose()).member("key_id", made.key.record.id.value());
  json.member("token", made.token.token.expose());
  json.member("token_expires_at", moment_text(made.token.expires)).end_object();
  return text;
}

}  // namespace

Task<Result<Reply>> Administration::tenants(Reactor& reactor, Question question) const {
  const identity::Tenants& desk = house_.tenants();
  TenantId id(question.parameter);
  if (question.action == Action::tenant_delete) {
    const Status removed = co_await desk.remove(reactor, std::move(id), question.version);
    if (!removed) co_return removed.error();
    co_return Reply(204, {});
  }
  if (question.action == Action::tenant_get) {
    const Result<store::Tenant> tenant = co_await desk.find(reactor, std::move(id));
    if (!tenant) co_return tenant.error();
    co_return Reply(200, object_text(*tenant));
  }
  const Result<std::size_t> limit = read_limit(question.query);
  if (!limit) co_return limit.error();
  TenantId after(read_after(question.query));
  const Result<store::Page<store::Tenant>> page = co_await desk.list(reactor, std::move(after), *limit);
  if (!page) co_return page.error();
  co_return Reply(200, list_text(*page));
}

Task<Result<Reply>> Administration::add_tenant(Reactor& reactor, Question question) const {
  Result<wire::NewTenantBody> body = read_body(question, &wire::read_new_tenant);
  if (!body) co_return body.error();
  TenantId id(body->tenant_id);
  Result<identity::TenantWish> wish = wish_of(std::move(*body));
  if (!wish) co_return wish.error();
  const Result<identity::RegisteredTenant> made = co_await house_.tenants().add(reactor, std::move(id), std::move(*wish));
  if (!made) co_return made.error();
  co_return Reply(201, registered_text(*made)).about(made->tenant.id.value());
}

Task<Result<Reply>> Administration::set_tenant(Reactor& reactor, Question question) const {
  Result<wire::TenantBody> body = read_body(question, &wire::read_tenant);
  if (!body) co_return body.error();
  Result<identity::TenantWish> wish = wish_of(std::move(*body));
  if (!wish) co_return wish.error();
  TenantId id(question.parameter);
  const Result<store::Tenant> tenant = co_await house_.tenants().set(reactor, std::move(id), std::move(*wish), question.version);
  if (!tenant) co_return tenant.error();
  co_return Reply(200, object_text(*tenant));
}

}  // namespace gatehouse::gateway
