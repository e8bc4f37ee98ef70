#include "gatehouse/identity/directory.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "key_shape.h"

namespace gatehouse::identity {
namespace {

std::string revocation_key(store::RevocationKind kind, std::string_view id) {
  std::string key(1, static_cast<char>(kind));
  return key.append(id);
}

// What cannot be read lets nobody in: it was written by another version.
std::shared_ptr<const net::Networks> networks_of(const std::vector<std::string>& cidrs) {
  if (cidrs.empty()) return nullptr;
  Result<net::Networks> networks = net::Networks::parse(cidrs);
  return std::make_shared<const net::Networks>(networks ? std::move(*networks) : net::Networks());
}

}  // namespace

TenantEntry::TenantEntry(store::Tenant record_)
    : record(std::move(record_)), models(record.models), tasks(Scopes::known(record.tasks)), scopes(Scopes::known(record.scopes)) {}

KeyEntry::KeyEntry(store::ApiKey record_)
    : record(std::move(record_)), scopes(Scopes::known(record.scopes)), models(record.models), from(networks_of(record.cidrs)) {}

const TenantEntry* Directory::tenant(const TenantId& id) const {
  const auto* found = tenants_.find(id.value());
  return found == nullptr ? nullptr : found->get();
}

const KeyEntry* Directory::key(std::uint32_t prefix) const {
  const auto* found = keys_.find(prefix);
  return found == nullptr ? nullptr : found->get();
}

const KeyEntry* Directory::signing_key(const KeyId& id) const {
  const std::uint32_t* const prefix = signers_.find(id.value());
  const KeyEntry* const found = prefix == nullptr ? nullptr : key(*prefix);
  return found != nullptr && found->record.id == id ? found : nullptr;
}

bool Directory::revoked(store::RevocationKind kind, const std::string& id, std::int64_t issued_at) const {
  if (id.empty()) return false;
  const Revoked* found = revocations_.find(revocation_key(kind, id));
  return found != nullptr && issued_at <= found->not_before;
}

std::optional<std::int64_t> Directory::revoked_until(store::RevocationKind kind, const std::string& id) const {
  const Revoked* found = revocations_.find(revocation_key(kind, id));
  return found != nullptr ? std::optional(found->not_before) : std::nullopt;
}

bool Directory::inactive(const std::string& user) const {
  const Activity* const found = users_.find(user);
  return found != nullptr && !found->active;
}

void Directory::put(store::Tenant tenant) {
  const std::string id = tenant.id.value();
  const std::uint32_t* const removed = removed_.find(id);
  if (removed != nullptr && tenant.number <= *removed) return;
  if (const TenantEntry* const before = this->tenant(tenant.id)) {
    const store::Tenant& known = before->record;
    if (known.number > tenant.number || (known.number == tenant.number && known.version >= tenant.version)) return;
    if (known.number < tenant.number) drop_keys_of(tenant.id);
  }
  tenants_.put(id, std::make_shared<TenantEntry>(std::move(tenant)));
  ++version_;
}

void Directory::put(store::ApiKey key) {
  const std::optional<std::uint32_t> prefix = prefix_number(key.prefix);
  if (!prefix) return;
  const KeyEntry* const before = this->key(*prefix);
  if (before != nullptr && before->record.id == key.id && before->record.version >= key.version) return;
  const TenantEntry* const owner = tenant(key.tenant);
  if (owner == nullptr || key.created < owner->record.created) return;
  if (key.sealed_signing_secret) signers_.put(key.id.value(), *prefix);
  keys_.put(*prefix, std::make_shared<KeyEntry>(std::move(key)));
  ++version_;
}

void Directory::put(const store::Revocation& revocation) {
  const std::string key = revocation_key(revocation.kind, revocation.id);
  Revoked revoked;
  revoked.not_before = revocation.not_before.time_since_epoch().count();
  revoked.expires = revocation.expires ? revocation.expires->time_since_epoch().count() : std::numeric_limits<std::int64_t>::max();
  if (const Revoked* before = revocations_.find(key)) {
    revoked.not_before = std::max(revoked.not_before, before->not_before);
    revoked.expires = std::max(revoked.expires, before->expires);
  }
  revocations_.put(key, revoked);
  last_revocation_ = std::max(last_revocation_, revocation.number);
  ++version_;
}

void Directory::put(const store::User& user) {
  const Activity* const before = users_.find(user.id.value());
  if (before != nullptr && before->version >= user.version) return;
  users_.put(user.id.value(), Activity{user.version, user.is_active});
  ++version_;
}

void Directory::set_signing_keys(std::shared_ptr<const SigningKeys> keys) {
  signing_keys_ = std::move(keys);
  ++version_;
}

void Directory::set_issuers(IssuersPtr issuers) {
  issuers_ = std::move(issuers);
  ++version_;
}

void Directory::remove_tenant(const TenantId& id, std::uint32_t number) {
  const std::uint32_t* const removed = removed_.find(id.value());
  removed_.put(id.value(), removed == nullptr ? number : std::max(*removed, number));
  const TenantEntry* const known = tenant(id);
  if (known == nullptr || known->record.number > number) return;
  tenants_.erase(id.value());
  drop_keys_of(id);
  ++version_;
}

void Directory::drop_keys_of(const TenantId& id) {
  keys_.erase_if([&id](const std::shared_ptr<const KeyEntry>& key) { return key->record.tenant == id; });
  signers_.erase_if([this](std::uint32_t prefix) { return key(prefix) == nullptr; });
}

void Directory::forget_revocations(std::int64_t expired_by) {
  revocations_.erase_if([expired_by](const Revoked& revoked) { return revoked.expires <= expired_by; });
}

}  // namespace gatehouse::identity
