#include "gatehouse/identity/directory.h"

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include "key_shape.h"

namespace gatehouse::identity {
namespace {

std::string revocation_key(store::RevocationKind kind, std::string_view id) {
  std::string key(1, static_cast<char>(kind));
  return key.append(id);
}

// Of roles that were removed. Whatever was under way when the first of so many went has come in.
constexpr std::size_t most_removed_roles = 1000;

std::string role_key(const TenantId& tenant, std::string_view name) { return std::string(tenant.value()).append("/").append(name); }

// Whose, and of what: there is one such budget at a time.
std::string budget_key(const store::Budget& budget) {
  std::string key = budget.tenant.value();
  key.append("/").append(budget.user ? budget.user->value() : "").append("/").append(budget.key ? budget.key->value() : "");
  return key.append("/").append(store::to_string(budget.unit)).append("/").append(store::to_string(budget.period));
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
  const Person* const found = users_.find(user);
  return found != nullptr && !found->active;
}

std::string_view Directory::role_of(const std::string& user) const {
  const Person* const found = users_.find(user);
  return found == nullptr ? store::role_member : std::string_view(found->role);
}

const RoleEntry* Directory::role(const TenantId& id, std::string_view name) const {
  const auto* found = roles_.find(role_key(id, name));
  return found == nullptr ? nullptr : found->get();
}

Grants Directory::grants_of(const TenantId& id, std::string_view name) const {
  const TenantEntry* const owner = tenant(id);
  const RoleEntry* const own = role(id, name);
  if (owner == nullptr || (own == nullptr && !store::is_built_in(name))) return {};
  Grants grants = own != nullptr ? own->grants : Grants::of_built_in(name);
  grants.scopes = grants.scopes.limited_to(scopes_of_people(owner->scopes, id));
  return grants;
}

void Directory::put(store::Tenant tenant) {
  const std::string id = tenant.id.value();
  const std::uint32_t* const removed = removed_.find(id);
  if (removed != nullptr && tenant.number <= *removed) return;
  if (const TenantEntry* const before = this->tenant(tenant.id)) {
    const store::Tenant& known = before->record;
    if (known.number > tenant.number || (known.number == tenant.number && known.version >= tenant.version)) return;
    if (known.number < tenant.number) drop_what_is_of(tenant.id);
  }
  if (!time_zones_->contains(tenant.time_zone)) {
    auto more = std::make_shared<std::set<std::string>>(*time_zones_);
    more->insert(tenant.time_zone);
    time_zones_ = std::move(more);
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
  const Person* const before = users_.find(user.id.value());
  if (before != nullptr && before->version >= user.version) return;
  users_.put(user.id.value(), Person{user.version, user.is_active, user.role});
  ++version_;
}

void Directory::put(store::Role role) {
  const std::string key = role_key(role.tenant, role.name);
  const std::uint32_t* const removed = removed_roles_.find(key);
  if (removed != nullptr && role.number <= *removed) return;
  if (const RoleEntry* const before = this->role(role.tenant, role.name)) {
    const store::Role& known = before->record;
    if (known.number > role.number || (known.number == role.number && known.version >= role.version)) return;
  }
  const TenantEntry* const owner = tenant(role.tenant);
  if (owner == nullptr || role.created < owner->record.created) return;
  roles_.put(key, std::make_shared<RoleEntry>(std::move(role)));
  ++version_;
}

void Directory::remove_role(const store::Role& role) {
  const std::string key = role_key(role.tenant, role.name);
  if (removed_roles_.size() >= most_removed_roles) removed_roles_ = {};
  const std::uint32_t* const removed = removed_roles_.find(key);
  removed_roles_.put(key, removed == nullptr ? role.number : std::max(*removed, role.number));
  const RoleEntry* const known = this->role(role.tenant, role.name);
  if (known == nullptr || known->record.number > role.number) return;
  roles_.erase(key);
  ++version_;
}

BudgetsPtr Directory::budgets(const TenantId& id) const {
  const BudgetsPtr* const found = budgets_.find(id.value());
  return found == nullptr ? nullptr : *found;
}

void Directory::put(store::Budget budget) {
  const std::string key = budget_key(budget);
  const std::uint32_t* const removed = removed_budgets_.find(key);
  if (removed != nullptr && budget.number <= *removed) return;
  const TenantEntry* const owner = tenant(budget.tenant);
  if (owner == nullptr || budget.created < owner->record.created) return;
  const BudgetsPtr before = budgets(budget.tenant);
  auto next = before ? std::make_shared<std::vector<store::Budget>>(*before) : std::make_shared<std::vector<store::Budget>>();
  const auto known = std::ranges::find(*next, key, &budget_key);
  const std::string id = budget.tenant.value();
  if (known == next->end()) {
    next->push_back(std::move(budget));
  } else {
    if (known->number > budget.number || (known->number == budget.number && known->version >= budget.version)) return;
    *known = std::move(budget);
  }
  budgets_.put(id, std::move(next));
  ++version_;
}

void Directory::remove_budget(const store::Budget& budget) {
  const std::string key = budget_key(budget);
  const std::uint32_t* const removed = removed_budgets_.find(key);
  removed_budgets_.put(key, removed == nullptr ? budget.number : std::max(*removed, budget.number));
  const BudgetsPtr before = budgets(budget.tenant);
  if (!before) return;
  auto next = std::make_shared<std::vector<store::Budget>>(*before);
  const auto gone = [&](const store::Budget& one) { return one.number <= budget.number && budget_key(one) == key; };
  if (std::erase_if(*next, gone) == 0) return;
  if (next->empty()) {
    budgets_.erase(budget.tenant.value());
  } else {
    budgets_.put(budget.tenant.value(), std::move(next));
  }
  ++version_;
}

void Directory::set_budgets(std::vector<store::Budget> all) {
  std::map<std::string, std::vector<store::Budget>> by_tenant;
  for (store::Budget& budget : all) by_tenant[budget.tenant.value()].push_back(std::move(budget));
  for (auto& [tenant, some] : by_tenant) budgets_.put(tenant, std::make_shared<const std::vector<store::Budget>>(std::move(some)));
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
  drop_what_is_of(id);
  ++version_;
}

void Directory::drop_what_is_of(const TenantId& id) {
  roles_.erase_if([&id](const std::shared_ptr<const RoleEntry>& role) { return role->record.tenant == id; });
  keys_.erase_if([&id](const std::shared_ptr<const KeyEntry>& key) { return key->record.tenant == id; });
  budgets_.erase(id.value());
  signers_.erase_if([this](std::uint32_t prefix) { return key(prefix) == nullptr; });
}

void Directory::forget_revocations(std::int64_t expired_by) {
  revocations_.erase_if([expired_by](const Revoked& revoked) { return revoked.expires <= expired_by; });
}

}  // namespace gatehouse::identity
