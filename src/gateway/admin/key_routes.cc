// gateway/admin/key_routes.cc — /api/admin/keys.
#include <utility>

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

}  // namespace

Task<Result<Reply>> Administration::keys(Reactor& reactor, Question question) const {
  const identity::Keys& desk = house_.keys();
  store::Reach reach = reach_of(question);
  KeyId id(question.parameter);
  if (question.action == Action::key_revoke) {
    const Result<store::ApiKey> revoked = co_await desk.revoke(reactor, std::move(reach), std::move(id));
    if (!revoked) co_return revoked.error();
    co_return Reply(204, {});
  }
  if (question.action == Action::key_get) {
    const Result<store::ApiKey> key = co_await desk.find(reactor, std::move(reach), std::move(id));
    if (!key) co_return key.error();
    co_return Reply(200, object_text(*key));
  }
  const Result<std::size_t> limit = read_limit(question.query);
  if (!limit) co_return limit.error();
  if (const auto tenant = question.query.find("tenant"); tenant && !reach.tenant())
    reach = store::Reach::of(TenantId(std::string(*tenant)));
  store::KeyQuery query(std::move(reach));
  query.after = KeyId(read_after(question.query));
  query.limit = *limit;
  const Result<store::Page<store::ApiKey>> page = co_await desk.list(reactor, std::move(query));
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
  const Result<identity::CreatedKey> created = co_await house_.keys().add(reactor, std::move(wanted));
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
  store::Reach reach = reach_of(question);
  KeyId id(question.parameter);
  const Result<store::ApiKey> key = co_await house_.keys().set(reactor, std::move(reach), std::move(id), std::move(wish), question.version);
  if (!key) co_return key.error();
  co_return Reply(200, object_text(*key));
}

Task<Result<Reply>> Administration::rotate_key(Reactor& reactor, Question question) const {
  const Result<wire::RotateBody> body = read_body(question, &wire::read_rotate);
  if (!body) co_return body.error();
  const Result<std::optional<seconds>> overlap = read_duration(body->overlap, "/overlap");
  if (!overlap) co_return overlap.error();
  store::Reach reach = reach_of(question);
  KeyId id(question.parameter);
  const seconds taken_for = overlap->value_or(std::chrono::hours(24));
  const Result<identity::CreatedKey> rotated = co_await house_.keys().rotate(reactor, std::move(reach), std::move(id), taken_for);
  if (!rotated) co_return rotated.error();
  co_return Reply(200, created_text(*rotated));
}

}  // namespace gatehouse::gateway
