// identity/directory.h — who there is and what has been revoked, as one moment knew it: what every request is checked against.
// Life     made by the registry, which publishes a new one after each change; reactors keep the newest
// Units    seconds since 1970, UTC
// Threads  read from any thread; changed by its maker before anybody else sees it. A copy shares what it does not change
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "gatehouse/identity/grants.h"
#include "gatehouse/identity/issuers.h"
#include "gatehouse/identity/name_list.h"
#include "gatehouse/identity/scopes.h"
#include "gatehouse/identity/shared_map.h"
#include "gatehouse/identity/signing_keys.h"
#include "gatehouse/net/networks.h"
#include "gatehouse/store/records.h"

namespace gatehouse::identity {

struct TenantEntry {
  explicit TenantEntry(store::Tenant record_);
  store::Tenant record;
  NameList models;
  Scopes tasks;   // of NLU
  Scopes scopes;  // that it has
};

struct RoleEntry {
  explicit RoleEntry(store::Role record_) : record(std::move(record_)), grants(Grants::of(record)) {}
  store::Role record;
  Grants grants;
};

struct KeyEntry {
  explicit KeyEntry(store::ApiKey record_);
  store::ApiKey record;
  Scopes scopes;
  NameList models;
  std::shared_ptr<const net::Networks> from;  // null: anywhere
};

using BudgetsPtr = std::shared_ptr<const std::vector<store::Budget>>;

class Directory {
 public:
  // Grows with each change: what was checked against one version need not be checked against it again.
  std::uint64_t version() const { return version_; }

  // Null: there is none.
  const TenantEntry* tenant(const TenantId& id) const;
  const KeyEntry* key(std::uint32_t prefix) const;
  // Of those that sign requests.
  const KeyEntry* signing_key(const KeyId& id) const;
  // Whether what was issued then, and is named so, has been revoked since.
  bool revoked(store::RevocationKind kind, const std::string& id, std::int64_t issued_at) const;
  // What of that name was issued until then has been revoked.
  std::optional<std::int64_t> revoked_until(store::RevocationKind kind, const std::string& id) const;
  // Whether that is a user of ours who has been switched off.
  bool inactive(const std::string& user) const;
  // The role of a user of ours: member of whom nothing else is known.
  std::string_view role_of(const std::string& user) const;
  // What a role of that tenant gives, and the tenant has; nothing where it has no such role.
  Grants grants_of(const TenantId& id, std::string_view name) const;
  // One of the tenant's own; null: there is none.
  const RoleEntry* role(const TenantId& id, std::string_view name) const;
  // Of the tenant, and of its users and keys; null: there is none.
  BudgetsPtr budgets(const TenantId& id) const;
  // The greatest number of a revocation that is in here.
  std::int64_t last_revocation() const { return last_revocation_; }
  // Of all tenants that there are, or have been.
  const std::set<std::string>& time_zones() const { return *time_zones_; }
  // Null before the first start.
  const std::shared_ptr<const SigningKeys>& signing_keys() const { return signing_keys_; }

  const IssuersPtr& issuers() const { return issuers_; }

  std::size_t tenants() const { return tenants_.size(); }
  std::size_t keys() const { return keys_.size(); }

  // Changes come in any order: what is older than what is in here changes nothing, and neither do a tenant that has been removed and
  // keys, roles and budgets of no tenant. A number that is higher is another tenant, or role, of that name, or budget for the same.
  void put(store::Tenant tenant);
  void put(store::ApiKey key);
  void put(const store::Revocation& revocation);
  // Of users only whether they are active, and their role: of those who are off or no members, and of those who change.
  void put(const store::User& user);
  void put(store::Role role);
  void remove_role(const store::Role& role);
  void put(store::Budget budget);
  void remove_budget(const store::Budget& budget);
  // All that there are: for the start, where none is in here.
  void set_budgets(std::vector<store::Budget> all);
  void set_signing_keys(std::shared_ptr<const SigningKeys> keys);
  void set_issuers(IssuersPtr issuers);
  // With its keys; one that came after it stays.
  void remove_tenant(const TenantId& id, std::uint32_t number);
  // Those that can match nothing any more.
  void forget_revocations(std::int64_t expired_by);

 private:
  void drop_what_is_of(const TenantId& id);

  struct Revoked {
    std::int64_t not_before = 0, expires = 0;
  };
  struct Person {
    std::uint32_t version = 0;
    bool active = true;
    std::string role;
  };
  std::uint64_t version_ = 0;
  std::int64_t last_revocation_ = 0;
  SharedMap<std::string, std::shared_ptr<const TenantEntry>> tenants_;
  std::shared_ptr<const std::set<std::string>> time_zones_ = std::make_shared<const std::set<std::string>>();
  SharedMap<std::string, std::uint32_t> removed_;  // the highest number that a tenant of that name had
  SharedMap<std::uint32_t, std::shared_ptr<const KeyEntry>> keys_;
  SharedMap<std::string, std::uint32_t> signers_;                   // the prefix of each key that signs requests, by its id
  SharedMap<std::string, Revoked> revocations_;                     // by kind and id
  SharedMap<std::string, Person> users_;                            // by id
  SharedMap<std::string, std::shared_ptr<const RoleEntry>> roles_;  // by tenant and name
  SharedMap<std::string, std::uint32_t> removed_roles_;             // the highest number that one of that name had: of some
  SharedMap<std::string, BudgetsPtr> budgets_;                      // by tenant
  SharedMap<std::string, std::uint32_t> removed_budgets_;           // the highest number that one for the same had
  std::shared_ptr<const SigningKeys> signing_keys_;
  IssuersPtr issuers_ = std::make_shared<const Issuers>();
};

using DirectoryPtr = std::shared_ptr<const Directory>;

}  // namespace gatehouse::identity
