#include "gatehouse/identity/keys.h"

#include <algorithm>
#include <cstddef>

#include "gatehouse/net/networks.h"

namespace gatehouse::identity {
namespace {

constexpr std::ptrdiff_t longest_name = 100;
constexpr seconds longest_overlap = std::chrono::days(30), longest_lifetime = std::chrono::days(3660);
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

Error revoked_already() { return Error(Code::conflict, Origin::caller, "key_is_revoked", "The key is revoked: create another one"); }

}  // namespace

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
  return CreatedKey(std::move(record), std::move(secret.text));
}

Task<Result<CreatedKey>> Keys::add(Reactor& reactor, NewKey wanted) const {
  Result<store::Tenant> tenant = co_await registry_.store().tenants().find(reactor, wanted.tenant);
  if (!tenant) co_return tenant.error();
  if (!wanted.scopes) wanted.scopes = tenant->scopes;
  const Status fine = check_wanted(wanted);
  if (!fine) co_return fine.error();
  if (wanted.user) {
    store::Reach reach = store::Reach::of(wanted.tenant);
    const Result<store::User> user = co_await registry_.store().users().find(reactor, std::move(reach), *wanted.user);
    if (!user) co_return user.error();
  }
  for (int n = 1;; ++n) {
    CreatedKey key = make(wanted);
    Result<store::ApiKey> created = co_await registry_.create(reactor, key.record);
    if (created) {
      const Status owned = co_await keep_owned(reactor, *created);
      if (!owned) co_return owned.error();
      co_return CreatedKey(std::move(*created), std::move(key.text));
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
  const Result<store::ApiKey> revoked = co_await registry_.revoke(reactor, std::move(reach), key.id, now());
  if (!revoked) co_return revoked.error();
  co_return user.error();
}

Task<Result<store::Page<store::ApiKey>>> Keys::list(Reactor& reactor, store::KeyQuery query) const {
  co_return co_await registry_.store().keys().list(reactor, std::move(query));
}

Task<Result<store::ApiKey>> Keys::find(Reactor& reactor, store::Reach reach, KeyId id) const {
  co_return co_await registry_.store().keys().find(reactor, std::move(reach), std::move(id));
}

Task<Result<store::ApiKey>> Keys::set(Reactor& reactor, store::Reach reach, KeyId id, KeyWish wish,
                                      std::optional<std::uint32_t> version) const {
  Result<store::ApiKey> key = co_await registry_.store().keys().find(reactor, std::move(reach), std::move(id));
  if (!key) co_return key.error();
  if (key->revoked) co_return revoked_already();
  if (version) key->version = *version;
  key->name = wish.name.value_or(std::move(key->name));
  key->is_active = wish.is_active.value_or(key->is_active);
  key->scopes = wish.scopes.value_or(std::move(key->scopes));
  key->models = wish.models.value_or(std::move(key->models));
  key->cidrs = wish.cidrs.value_or(std::move(key->cidrs));
  Status fine = check_name(key->name);
  if (fine) fine = check_grantable(key->scopes, key->tenant);
  if (fine) fine = check_networks(key->cidrs);
  if (!fine) co_return fine.error();
  co_return co_await registry_.change(reactor, std::move(*key));
}

Task<Result<CreatedKey>> Keys::rotate(Reactor& reactor, store::Reach reach, KeyId id, seconds overlap) const {
  if (overlap < seconds(0) || overlap > longest_overlap) {
    co_return caller_error("overlap_invalid", "The old secret is taken for at most 30 days more").with_param("overlap");
  }
  Result<store::ApiKey> key = co_await registry_.store().keys().find(reactor, std::move(reach), std::move(id));
  if (!key) co_return key.error();
  if (key->revoked) co_return revoked_already();
  KeySecret secret = make_key_secret(hasher_, random_, key->prefix);
  key->previous.reset();
  if (overlap > seconds(0)) key->previous.emplace(key->digest, now() + overlap);
  key->digest = secret.digest;
  Result<store::ApiKey> changed = co_await registry_.change(reactor, std::move(*key));
  if (!changed) co_return changed.error();
  co_return CreatedKey(std::move(*changed), std::move(secret.text));
}

Task<Result<store::ApiKey>> Keys::revoke(Reactor& reactor, store::Reach reach, KeyId id) const {
  co_return co_await registry_.revoke(reactor, std::move(reach), std::move(id), now());
}

}  // namespace gatehouse::identity
