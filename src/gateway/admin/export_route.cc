// gateway/admin/export_route.cc — all that is kept of a tenant, for its owner to take along. Secrets, and hashes of them, stay.
#include <utility>

#include "gatehouse/store/errors.h"
#include "objects.h"
#include "question_parts.h"

namespace gatehouse::gateway {
namespace {

constexpr std::size_t records_at_once = 1000;

void write_used(wire::JsonWriter& json, const store::UsageRow& row) {
  json.begin_object().member("day", store::to_string(row.day)).member("model", row.model.value()).member("task", row.task);
  json.member("requests", row.requests).member("prompt_tokens", row.prompt_tokens);
  json.member("completion_tokens", row.completion_tokens).member("cached_tokens", row.cached_tokens);
  json.member_raw("cost", money_text(row.cost)).end_object();
}

Task<Status> write_user(Reactor& reactor, identity::House& house, wire::JsonWriter& json, const store::User& user) {
  const Result<std::vector<store::Session>> sessions = co_await house.sessions().list(reactor, user.id);
  if (!sessions) co_return sessions.error();
  json.begin_object();
  write_members(json, user);
  json.key("sessions").begin_list();
  for (const store::Session& session : *sessions) {
    json.begin_object();
    write_members(json, session);
    json.end_object();
  }
  json.end_list().end_object();
  co_return ok();
}

Task<Status> write_users(Reactor& reactor, identity::House& house, wire::JsonWriter& json, const TenantId& tenant) {
  store::UserQuery query(store::Reach::of(tenant));
  query.limit = records_at_once;
  json.key("users").begin_list();
  for (bool more = true; more;) {
    const Result<store::Page<store::User>> page = co_await house.users().list(reactor, query);
    if (!page) co_return page.error();
    for (const store::User& user : page->data) {
      const Status written = co_await write_user(reactor, house, json, user);
      if (!written) co_return written;
      query.after = user.id;
    }
    more = page->has_more;
  }
  json.end_list();
  co_return ok();
}

Task<Status> write_roles(Reactor& reactor, identity::House& house, wire::JsonWriter& json, const TenantId& tenant) {
  store::RoleQuery query(store::Reach::of(tenant));
  query.limit = records_at_once;
  json.key("roles").begin_list();
  for (bool more = true; more;) {
    const Result<store::Page<store::Role>> page = co_await house.roles().list(reactor, query);
    if (!page) co_return page.error();
    for (const store::Role& role : page->data) {
      json.begin_object();
      write_members(json, role);
      json.end_object();
      query.after_tenant = role.tenant;
      query.after_name = role.name;
    }
    more = page->has_more;
  }
  json.end_list();
  co_return ok();
}

Task<Status> write_keys(Reactor& reactor, identity::House& house, wire::JsonWriter& json, const TenantId& tenant) {
  store::KeyQuery query(store::Reach::of(tenant));
  query.limit = records_at_once;
  json.key("keys").begin_list();
  for (bool more = true; more;) {
    const Result<store::Page<store::ApiKey>> page = co_await house.keys().list(reactor, query);
    if (!page) co_return page.error();
    for (const store::ApiKey& key : page->data) {
      json.begin_object();
      write_members(json, key);
      json.end_object();
      query.after = key.id;
    }
    more = page->has_more;
  }
  json.end_list();
  co_return ok();
}

Task<Status> write_usage(Reactor& reactor, identity::House& house, wire::JsonWriter& json, const TenantId& tenant) {
  using std::chrono::year, std::chrono::day;
  const store::Day first{year(0), std::chrono::January, day(1)}, last{year(9999), std::chrono::December, day(31)};
  store::UsageQuery query(store::Reach::of(tenant), first, last);
  const Result<std::vector<store::UsageRow>> rows = co_await house.registry().store().usage().rows(reactor, std::move(query));
  if (!rows) co_return rows.error();
  json.key("usage").begin_list();
  for (const store::UsageRow& row : *rows) write_used(json, row);
  json.end_list();
  co_return ok();
}

Task<Status> write_lexicon(Reactor& reactor, identity::House& house, wire::JsonWriter& json, const TenantId& tenant) {
  const Result<std::optional<store::KeptLexicon>> kept = co_await house.registry().store().lexicons().find(reactor, tenant);
  if (!kept) co_return kept.error();
  json.member_or_null("lexicon", *kept ? std::string_view((*kept)->text) : std::string_view());
  co_return ok();
}

}  // namespace

Task<Status> Administration::write_budgets(Reactor& reactor, wire::JsonWriter& json, const TenantId& tenant) const {
  store::BudgetQuery query(store::Reach::of(tenant));
  query.limit = records_at_once;
  json.key("budgets").begin_list();
  for (bool more = true; more;) {
    Result<store::Page<store::Budget>> page = co_await house_.budgets().list(reactor, query);
    if (!page) co_return page.error();
    if (!page->data.empty()) query.after = page->data.back().id;
    more = page->has_more;
    const Result<std::vector<BudgetView>> views = co_await view(reactor, std::move(page->data));
    if (!views) co_return views.error();
    for (const BudgetView& one : *views) {
      json.begin_object();
      write_members(json, one);
      json.end_object();
    }
  }
  json.end_list();
  co_return ok();
}

Task<Result<Reply>> Administration::export_tenant(Reactor& reactor, Question question) const {
  const TenantId id(question.parameter);
  const store::Reach reach = reach_of(question);
  if (!reach.includes(id)) co_return store::tenant_not_found();
  const Result<store::Tenant> tenant = co_await house_.tenants().find(reactor, id);
  if (!tenant) co_return tenant.error();
  std::string text;
  wire::JsonWriter json(text);
  json.begin_object().key("tenant").begin_object();
  write_members(json, *tenant);
  json.end_object();
  Status written = co_await write_roles(reactor, house_, json, id);
  if (written) written = co_await write_users(reactor, house_, json, id);
  if (written) written = co_await write_keys(reactor, house_, json, id);
  if (written) written = co_await write_budgets(reactor, json, id);
  if (written) written = co_await write_lexicon(reactor, house_, json, id);
  if (written) written = co_await write_usage(reactor, house_, json, id);
  if (!written) co_return written.error();
  json.end_object();
  co_return Reply(200, std::move(text));
}

}  // namespace gatehouse::gateway
