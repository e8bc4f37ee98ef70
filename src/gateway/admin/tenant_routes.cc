// gateway/admin/tenant_routes.cc — /api/admin/tenants.
#include <functional>
#include <utility>

#include "gatehouse/limits/zone.h"
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
  wish.time_zone = std::move(body.time_zone);
  if (body.weight) wish.weight = static_cast<std::uint32_t>(*body.weight);
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

// Whether the machine has the files at all is for the operator, who reads TROUBLESHOOTING.
Error unknown_zone() {
  return bad_field("/time_zone", "is no time zone that this machine knows", "a name of the tz database, such as Europe/Berlin, or UTC");
}

Error too_many_look_at_zones() {
  return Error(Code::unavailable, Origin::gatehouse, "server_is_overloaded", "Too many time zones are being looked up")
      .with_retry(Retry::after(seconds(1)));
}

}  // namespace

Task<Status> Administration::check_zone(Reactor& reactor, std::optional<std::string> name) const {
  if (!name) co_return ok();
  std::function<bool(Worker&)> look = [name = *name](Worker&) { return limits::Zone::open(name).ok(); };
  auto looking = zones_.run<bool>(reactor, std::move(look));
  const std::optional<bool> known = co_await std::move(looking);
  if (!known) co_return too_many_look_at_zones();
  co_return *known ? ok() : Status(unknown_zone());
}

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
  const Status zone = co_await check_zone(reactor, wish->time_zone);
  if (!zone) co_return zone.error();
  const Result<identity::RegisteredTenant> made = co_await house_.tenants().add(reactor, std::move(id), std::move(*wish));
  if (!made) co_return made.error();
  co_return Reply(201, registered_text(*made)).about(made->tenant.id.value());
}

Task<Result<Reply>> Administration::set_tenant(Reactor& reactor, Question question) const {
  Result<wire::TenantBody> body = read_body(question, &wire::read_tenant);
  if (!body) co_return body.error();
  Result<identity::TenantWish> wish = wish_of(std::move(*body));
  if (!wish) co_return wish.error();
  const Status zone = co_await check_zone(reactor, wish->time_zone);
  if (!zone) co_return zone.error();
  TenantId id(question.parameter);
  const Result<store::Tenant> tenant = co_await house_.tenants().set(reactor, std::move(id), std::move(*wish), question.version);
  if (!tenant) co_return tenant.error();
  co_return Reply(200, object_text(*tenant));
}

}  // namespace gatehouse::gateway
