// gateway/admin/key_routes.cc — /api/admin/keys, and /api/keys: one's own, or those of the tenant that one administers.
#include <utility>

#include "gatehouse/store/errors.h"
#include "gatehouse/wire/admin/requests.h"
#include "objects.h"
#include "question_parts.h"

namespace gatehouse::gateway {
namespace {

std::string created_text(const identity::CreatedKey& created) {
  std::string text;
  wire::JsonWriter json(text);
  json.begin_object();
  write_members(json, created.record);
  json.member("key", created.text.expose());
  if (created.signing_secret) json.member("signing_secret", created.signing_secret->expose());
  json.end_object();
  return text;
}

// Of whom a list is. Nothing: of nobody who is there for who asks.
std::optional<store::KeyQuery> query_of_keys(const Question& question) {
  identity::KeyHolder holder = holder_of(question);
  if (const auto tenant = question.query.find("tenant"); tenant && !holder.reach.tenant()) {
    holder.reach = store::Reach::of(TenantId(std::string(*tenant)));
  }
  store::KeyQuery query(std::move(holder.reach));
  query.user = std::move(holder.user);
  if (const auto user = question.query.find("user_id"); user && is_about_own_keys(question.action)) {
    if (query.user && query.user->value() != *user) return std::nullopt;
    query.user = store::UserId(std::string(*user));
  }
  query.after = KeyId(read_after(question.query));
  return query;
}

// Another tenant's, and another user's for who does not administer them, read as what is not there.
Status check_whose(const identity::KeyHolder& holder, const identity::NewKey& wanted) {
  if (!holder.reach.includes(wanted.tenant)) return store::tenant_not_found();
  return holder.user && wanted.user != holder.user ? Status(store::user_not_found()) : ok();
}

}  // namespace

Task<Result<Reply>> Administration::keys(Reactor& reactor, Question question) const {
  const identity::Keys& desk = house_.keys();
  identity::KeyHolder holder = holder_of(question);
  KeyId id(question.parameter);
  if (question.action == Action::key_revoke || question.action == Action::own_key_revoke) {
    const Result<store::ApiKey> revoked = co_await desk.revoke(reactor, std::move(holder), std::move(id), question.version);
    if (!revoked) co_return revoked.error();
    co_return Reply(204, {});
  }
  if (question.action == Action::key_get) {
    const Result<store::ApiKey> key = co_await desk.find(reactor, std::move(holder), std::move(id));
    if (!key) co_return key.error();
    co_return Reply(200, object_text(*key));
  }
  const Result<std::size_t> limit = read_limit(question.query);
  if (!limit) co_return limit.error();
  std::optional<store::KeyQuery> query = query_of_keys(question);
  if (!query) co_return Reply(200, list_text(store::Page<store::ApiKey>()));
  query->limit = *limit;
  const Result<store::Page<store::ApiKey>> page = co_await desk.list(reactor, std::move(*query));
  if (!page) co_return page.error();
  co_return Reply(200, list_text(*page));
}

Task<Result<Reply>> Administration::add_key(Reactor& reactor, Question question) const {
  Result<wire::NewKeyBody> body = read_body(question, &wire::read_new_key);
  if (!body) co_return body.error();
  const Result<std::optional<seconds>> lifetime = read_duration(body->expires, "/expires");
  if (!lifetime) co_return lifetime.error();
  identity::NewKey wanted(TenantId(body->tenant_id), std::move(body->name));
  if (body->user_id) wanted.user = store::UserId(*body->user_id);
  wanted.scopes = std::move(body->scopes);
  wanted.models = std::move(body->models).value_or(std::move(wanted.models));
  wanted.cidrs = std::move(body->cidrs);
  wanted.lifetime = *lifetime;
  wanted.signing = body->signing;
  identity::KeyHolder holder = holder_of(question);
  const Result<identity::CreatedKey> created = co_await house_.keys().add(reactor, std::move(holder), std::move(wanted));
  if (!created) co_return created.error();
  co_return Reply(201, created_text(*created)).about(created->record.id.value());
}

Task<Result<Reply>> Administration::add_own_key(Reactor& reactor, Question question) const {
  Result<wire::OwnKeyBody> body = read_body(question, &wire::read_own_key);
  if (!body) co_return body.error();
  identity::KeyHolder holder = holder_of(question);
  identity::NewKey wanted(tenant_of(question, body->tenant_id), std::move(body->name));
  if (wanted.tenant == question.who->tenant) wanted.user = holder.self;  // in another one nobody of ours is a user
  if (body->user_id) wanted.user = store::UserId(std::move(*body->user_id));
  const Status theirs = check_whose(holder, wanted);
  if (!theirs) co_return theirs.error();
  wanted.scopes = std::move(body->scopes);
  wanted.models = std::move(body->models).value_or(std::move(wanted.models));
  wanted.cidrs = std::move(body->cidrs);
  if (body->expires_in) wanted.lifetime = std::chrono::days(*body->expires_in);
  wanted.signing = body->signing;
  const Result<identity::CreatedKey> created = co_await house_.keys().add(reactor, std::move(holder), std::move(wanted));
  if (!created) co_return created.error();
  co_return Reply(201, created_text(*created)).about(created->record.id.value());
}

Task<Result<Reply>> Administration::set_key(Reactor& reactor, Question question) const {
  Result<wire::KeyBody> body = read_body(question, &wire::read_key);
  if (!body) co_return body.error();
  identity::KeyWish wish;
  wish.name = std::move(body->name);
  wish.is_active = body->is_active;
  wish.scopes = std::move(body->scopes);
  wish.models = std::move(body->models);
  wish.cidrs = std::move(body->cidrs);
  identity::KeyHolder holder = holder_of(question);
  KeyId id(question.parameter);
  const Result<store::ApiKey> key =
      co_await house_.keys().set(reactor, std::move(holder), std::move(id), std::move(wish), question.version);
  if (!key) co_return key.error();
  co_return Reply(200, object_text(*key));
}

Task<Result<Reply>> Administration::rotate_key(Reactor& reactor, Question question) const {
  const Result<wire::RotateBody> body = read_body(question, &wire::read_rotate);
  if (!body) co_return body.error();
  const Result<std::optional<seconds>> overlap = read_duration(body->overlap, "/overlap");
  if (!overlap) co_return overlap.error();
  identity::KeyHolder holder = holder_of(question);
  KeyId id(question.parameter);
  const seconds taken_for = overlap->value_or(std::chrono::hours(24));
  const Result<identity::CreatedKey> rotated =
      co_await house_.keys().rotate(reactor, std::move(holder), std::move(id), taken_for, question.version);
  if (!rotated) co_return rotated.error();
  co_return Reply(200, created_text(*rotated));
}

}  // namespace gatehouse::gateway
