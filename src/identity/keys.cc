#include "gatehouse/identity/keys.h"

#include <algorithm>
#include <cstddef>
#include <span>

#include "field_error.h"
#include "gatehouse/base/base64url.h"
#include "gatehouse/identity/sessions.h"
#include "gatehouse/net/networks.h"
#include "gatehouse/store/errors.h"

namespace gatehouse::identity {
namespace {

constexpr std::ptrdiff_t longest_name = 100;
constexpr seconds longest_overlap = std::chrono::days(30), longest_lifetime = std::chrono::days(3660);
constexpr std::size_t signing_secret_bytes = 32, most_made_by_a_user = 1000;
constexpr std::ptrdiff_t most_of_a_user = 100;
constexpr int tries = 5;  // that two random prefixes meet is rare, that five do is a fault

// In code points, like the limit that is published.
Status check_name(const std::string& name) {
  const auto length = std::ranges::count_if(name, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
  if (!name.empty() && length <= longest_name) return ok();
  return caller_error("key_name_invalid", "A key's name has 1 to 100 characters").with_param("name");
}

Status check_networks(const std::vector<std::string>& cidrs) {
  const Result<net::Networks> networks = net::Networks::parse(cidrs);
  if (networks) return ok();
  return caller_error("network_invalid", networks.error().public_text()).with_param("cidrs");
}

Status check_wanted(const NewKey& wanted) {
  GH_CHECK(check_name(wanted.name));
  GH_CHECK(check_networks(wanted.cidrs));
  if (wanted.scopes) GH_CHECK(check_grantable(*wanted.scopes, wanted.tenant));
  if (wanted.lifetime && (*wanted.lifetime <= seconds(0) || *wanted.lifetime > longest_lifetime)) {
    return caller_error("key_expiry_invalid", "A key expires after a second at least, and ten years at most").with_param("expires");
  }
  return ok();
}

// What of these somebody may not give; empty: they may give all.
std::string beyond(const KeyHolder& holder, const std::vector<std::string>& scopes) {
  if (!holder.grantable) return {};
  for (const std::string& name : scopes) {
    const std::optional<Scope> scope = parse_scope(name);
    if (!scope || !holder.grantable->has(*scope)) return name;
  }
  return {};
}

Status check_given(const KeyHolder& holder, const std::vector<std::string>& scopes) {
  std::string name = beyond(holder, scopes);
  if (name.empty()) return ok();
  return Error(Code::permission_denied, Origin::caller, "scope_not_allowed", "Not enough permissions").with_param(std::move(name));
}

// "*" is what whose key it is may use.
Status check_given_models(const KeyHolder& holder, const std::vector<std::string>& models) {
  const bool all = std::ranges::all_of(models, [&](const std::string& model) {
    if (model == "*") return holder.models.has_all();
    return holder.models.has(model) && (!holder.most || holder.most->models.has(model));
  });
  if (all) return ok();
  return Error(Code::permission_denied, Origin::caller, "model_not_allowed", "Not enough permissions").with_param("models");
}

std::vector<std::string> those_given(const KeyHolder& holder, std::vector<std::string> scopes) {
  std::erase_if(scopes, [&](const std::string& name) { return !beyond(holder, {name}).empty(); });
  return scopes;
}

Error revoked_already() { return Error(Code::conflict, Origin::caller, "key_is_revoked", "The key is revoked: create another one"); }

}  // namespace

Secret<std::string> Keys::add_signing_secret(store::ApiKey& record) const {
  std::string raw(signing_secret_bytes, '\0');
  random_.fill(std::as_writable_bytes(std::span(raw)));
  const Secret<std::string> bytes(std::move(raw));
  Secret<std::string> text(to_base64url(bytes.expose()));
  record.sealed_signing_secret = sealer_.seal(text, {SealedPlace::signing_secret, record.id.value()}, random_);
  return text;
}

CreatedKey Keys::make(const NewKey& wanted) const {
  KeySecret secret = make_key_secret(hasher_, random_);
  store::ApiKey record(KeyId(random_.uuid()), wanted.tenant);
  record.user = wanted.user;
  record.name = wanted.name;
  record.prefix = secret.prefix;
  record.digest = secret.digest;
  record.scopes = wanted.scopes.value_or(std::vector<std::string>());
  record.models = wanted.models;
  record.cidrs = wanted.cidrs;
  record.created = now();
  if (wanted.lifetime) record.expires = record.created + *wanted.lifetime;
  std::optional<Secret<std::string>> signing_secret;
  if (wanted.signing) signing_secret = add_signing_secret(record);
  CreatedKey created(std::move(record), std::move(secret.text));
  created.signing_secret = std::move(signing_secret);
  return created;
}

Task<Status> Keys::limit_to_role(Reactor& reactor, KeyHolder& holder, const TenantId& tenant,
                                 const std::optional<store::UserId>& user) const {
  if (!user) co_return ok();
  store::Reach reach = store::Reach::of(tenant);
  const Result<store::User> found = co_await registry_.store().users().find(reactor, std::move(reach), *user);
  if (!found) co_return found.error();
  const Scopes role = registry_.current()->grants_of(found->tenant, found->role).scopes;
  holder.grantable = holder.grantable ? holder.grantable->limited_to(role) : role;
  co_return ok();
}

Status Keys::check_owner(const KeyHolder& holder, const TenantId& tenant, const std::optional<store::UserId>& user) const {
  if (!holder.most || (user && user == holder.self)) return ok();
  const DirectoryPtr directory = registry_.current();
  const std::string_view role = user ? directory->role_of(user->value()) : store::role_tenant_admin;
  return within(directory->grants_of(tenant, role), *holder.most) ? ok() : Status(role_not_allowed("user_id"));
}

Task<Status> Keys::check_count(Reactor& reactor, const NewKey& wanted) const {
  if (!wanted.user) co_return ok();
  store::KeyQuery query(store::Reach::of(wanted.tenant));
  query.user = wanted.user;
  query.limit = most_made_by_a_user;
  const Result<store::Page<store::ApiKey>> page = co_await registry_.store().keys().list(reactor, std::move(query));
  if (!page) co_return page.error();
  const auto good = std::ranges::count_if(page->data, [](const store::ApiKey& key) { return !key.revoked; });
  if (good < most_of_a_user && !page->has_more) co_return ok();
  co_return Error(Code::conflict, Origin::caller, "too_many_keys", "A user has at most 100 API keys: revoke one that is not needed");
}

Task<Result<CreatedKey>> Keys::add(Reactor& reactor, KeyHolder holder, NewKey wanted) const {
  Result<store::Tenant> tenant = co_await registry_.store().tenants().find(reactor, wanted.tenant);
  if (!tenant) co_return tenant.error();
  Status may = co_await limit_to_role(reactor, holder, wanted.tenant, wanted.user);
  if (may) may = check_owner(holder, wanted.tenant, wanted.user);
  if (may) may = co_await check_count(reactor, wanted);
  if (!may) co_return may.error();
  if (!wanted.scopes) wanted.scopes = those_given(holder, tenant->scopes);
  wanted.signing |= tenant->signatures == store::Signatures::required;
  Status fine = check_wanted(wanted);
  if (fine) fine = check_given(holder, *wanted.scopes);
  if (fine) fine = check_given_models(holder, wanted.models);
  if (!fine) co_return fine.error();
  for (int n = 1;; ++n) {
    CreatedKey key = make(wanted);
    Result<store::ApiKey> created = co_await registry_.create(reactor, key.record);
    if (created) {
      const Status owned = co_await keep_owned(reactor, *created);
      if (!owned) co_return owned.error();
      key.record = std::move(*created);
      co_return key;
    }
    if (created.error().reason() != "key_exists" || n == tries) co_return created.error();
  }
}

// Whose user was removed while it was made: their keys had been revoked by then.
Task<Status> Keys::keep_owned(Reactor& reactor, const store::ApiKey& key) const {
  if (!key.user) co_return ok();
  store::Reach reach = store::Reach::of(key.tenant);
  const Result<store::User> user = co_await registry_.store().users().find(reactor, reach, *key.user);
  if (user || user.error().reason() != "user_not_found") co_return user ? ok() : Status(user.error());
  const store::ExpectedVersion any_version;
  const Result<store::ApiKey> revoked = co_await registry_.revoke(reactor, std::move(reach), key.id, now(), any_version);
  if (!revoked) co_return revoked.error();
  co_return user.error();
}

Task<Result<store::Page<store::ApiKey>>> Keys::list(Reactor& reactor, store::KeyQuery query) const {
  co_return co_await registry_.store().keys().list(reactor, std::move(query));
}

Task<Result<store::ApiKey>> Keys::find(Reactor& reactor, KeyHolder holder, KeyId id) const {
  Result<store::ApiKey> key = co_await registry_.store().keys().find(reactor, std::move(holder.reach), std::move(id));
  if (key && holder.user && key->user != holder.user) co_return store::key_not_found();
  co_return key;
}

Task<Result<store::ApiKey>> Keys::find_to_revoke(Reactor& reactor, KeyHolder holder, KeyId id) const {
  Result<store::ApiKey> key = co_await find(reactor, holder, std::move(id));
  if (!key) co_return key;
  const Status may = check_owner(holder, key->tenant, key->user);
  if (!may) co_return may.error();
  co_return key;
}

Task<Result<store::ApiKey>> Keys::find_to_change(Reactor& reactor, KeyHolder holder, KeyId id) const {
  Result<store::ApiKey> key = co_await find_to_revoke(reactor, std::move(holder), std::move(id));
  if (key && key->revoked) co_return revoked_already();
  co_return key;
}

Task<Result<store::ApiKey>> Keys::find_to_rotate(Reactor& reactor, KeyHolder holder, KeyId id) const {
  Result<store::ApiKey> key = co_await find_to_change(reactor, holder, std::move(id));
  if (!key) co_return key;
  Status may = check_given(holder, key->scopes);
  if (may) may = check_given_models(holder, key->models);
  if (!may) co_return may.error();
  co_return key;
}

Task<Result<store::ApiKey>> Keys::set(Reactor& reactor, KeyHolder holder, KeyId id, KeyWish wish,
                                      std::optional<std::uint32_t> version) const {
  Result<store::ApiKey> key = co_await find_to_change(reactor, holder, std::move(id));
  if (!key) co_return key.error();
  const std::optional<store::UserId> limits = wish.scopes ? key->user : std::nullopt;  // gcc 12 would end one made in the call twice
  const Status may = co_await limit_to_role(reactor, holder, key->tenant, limits);
  if (!may) co_return may.error();
  Status fine = check_given(holder, wish.scopes.value_or(std::vector<std::string>()));
  if (fine) fine = check_given_models(holder, wish.models.value_or(std::vector<std::string>()));
  if (!fine) co_return fine.error();
  if (version && *version != key->version) co_return store::version_conflict();
  key->name = wish.name.value_or(std::move(key->name));
  key->is_active = wish.is_active.value_or(key->is_active);
  key->scopes = wish.scopes.value_or(std::move(key->scopes));
  key->models = wish.models.value_or(std::move(key->models));
  key->cidrs = wish.cidrs.value_or(std::move(key->cidrs));
  fine = check_name(key->name);
  if (fine) fine = check_grantable(key->scopes, key->tenant);
  if (fine) fine = check_networks(key->cidrs);
  if (!fine) co_return fine.error();
  co_return co_await registry_.change(reactor, std::move(*key));
}

Task<Result<CreatedKey>> Keys::rotate(Reactor& reactor, KeyHolder holder, KeyId id, seconds overlap,
                                      std::optional<std::uint32_t> version) const {
  if (overlap < seconds(0) || overlap > longest_overlap) {
    co_return caller_error("overlap_invalid", "The old secret is taken for at most 30 days more").with_param("overlap");
  }
  Result<store::ApiKey> key = co_await find_to_rotate(reactor, std::move(holder), std::move(id));
  if (!key) co_return key.error();
  if (version && *version != key->version) co_return store::version_conflict();
  KeySecret secret = make_key_secret(hasher_, random_, key->prefix);
  key->previous.reset();
  if (overlap > seconds(0)) {
    key->previous.emplace(key->digest, now() + overlap);
    key->previous->sealed_signing_secret = key->sealed_signing_secret;
  }
  key->digest = secret.digest;
  std::optional<Secret<std::string>> signing_secret;
  if (key->sealed_signing_secret) signing_secret = add_signing_secret(*key);
  Result<store::ApiKey> changed = co_await registry_.change(reactor, std::move(*key));
  if (!changed) co_return changed.error();
  CreatedKey rotated(std::move(*changed), std::move(secret.text));
  rotated.signing_secret = std::move(signing_secret);
  co_return rotated;
}

Task<Result<store::ApiKey>> Keys::revoke(Reactor& reactor, KeyHolder holder, KeyId id, std::optional<std::uint32_t> version) const {
  const Result<store::ApiKey> key = co_await find_to_revoke(reactor, holder, id);
  if (!key) co_return key.error();
  co_return co_await registry_.revoke(reactor, std::move(holder.reach), std::move(id), now(), version);
}

}  // namespace gatehouse::identity
