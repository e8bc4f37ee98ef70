// identity/house.h — all desks of identity over one store, put together.
// Threads  any reactor; it outlives whoever still waits for it
// Errors   those of registry.h
#pragma once
#include <memory>

#include "gatehouse/identity/accounts.h"
#include "gatehouse/identity/audit_desk.h"
#include "gatehouse/identity/budgets.h"
#include "gatehouse/identity/init.h"
#include "gatehouse/identity/issuers.h"
#include "gatehouse/identity/key_ring.h"
#include "gatehouse/identity/keys.h"
#include "gatehouse/identity/login.h"
#include "gatehouse/identity/nonces.h"
#include "gatehouse/identity/registry.h"
#include "gatehouse/identity/roles.h"
#include "gatehouse/identity/sessions.h"
#include "gatehouse/identity/tenants.h"
#include "gatehouse/identity/tokens.h"
#include "gatehouse/identity/users.h"

namespace gatehouse::identity {

struct HouseParts {
  HouseParts(DataKeys keys_, IssuersPtr issuers_, Passwords& passwords_, RandomSource& random_, const Clock& clock_)
      : keys(std::move(keys_)), issuers(std::move(issuers_)), passwords(passwords_), random(random_), clock(clock_) {}
  DataKeys keys;
  IssuersPtr issuers;  // until the registry is told of others
  Passwords& passwords;
  RandomSource& random;  // safe on any thread
  const Clock& clock;
  SessionRules sessions = {};
  PaceOptions pace = {};
  RegistrationRules registration = {};
  std::int64_t usual_quota = 1000;  // calls a day of a tenant that is made without a number of its own
  std::string instance = "here";    // of the chains of the audit trail
};

class House {
 public:
  // Of a store that is initialised.
  static Task<Result<std::unique_ptr<House>>> open(Reactor& reactor, store::Store& store, HouseParts parts);

  Registry& registry() { return *registry_; }
  const Tenants& tenants() const { return tenants_; }
  const Keys& keys() const { return keys_; }
  const Tokens& tokens() const { return tokens_; }
  const Login& login() const { return login_; }
  const Sessions& sessions() const { return sessions_; }
  const Users& users() const { return users_; }
  const Roles& roles() const { return roles_; }
  const Budgets& budgets() const { return budgets_; }
  const Accounts& accounts() const { return accounts_; }
  const KeyRing& key_ring() const { return key_ring_; }
  const AuditDesk& audit() const { return audit_; }
  const Nonces& nonces() const { return nonces_; }
  const Sealer& sealer() const { return parts_.keys.sealer; }
  const KeyHasher& hasher() const { return parts_.keys.hasher; }
  const KeyHasher& secrets() const { return parts_.keys.secrets; }
  store::Store& store() const { return registry_->store(); }

 private:
  House(HouseParts parts, std::unique_ptr<Registry> registry, telemetry::AuditSealer sealer)
      : parts_(std::move(parts)),
        registry_(std::move(registry)),
        keys_(*registry_, parts_.keys.hasher, parts_.keys.sealer, parts_.random, parts_.clock),
        tokens_(*registry_, parts_.random, parts_.clock),
        tenants_(*registry_, keys_, tokens_, parts_.clock, parts_.usual_quota),
        sessions_(*registry_, tokens_, parts_.keys.secrets, parts_.random, parts_.clock, parts_.sessions),
        login_(*registry_, sessions_, parts_.passwords, parts_.keys.secrets, parts_.clock, parts_.pace),
        users_(*registry_, sessions_, tokens_, parts_.passwords, parts_.random, parts_.clock),
        roles_(*registry_, parts_.clock),
        budgets_(*registry_, parts_.random, parts_.clock),
        accounts_({*registry_, users_, sessions_, login_, parts_.passwords}, parts_.keys.secrets, parts_.random, parts_.clock,
                  parts_.registration),
        key_ring_(*registry_, parts_.keys.sealer, parts_.random, parts_.clock, parts_.sessions.access_lifetime),
        audit_(registry_->store(), std::move(sealer)),
        nonces_(*registry_, parts_.clock) {}

  const HouseParts parts_;
  const std::unique_ptr<Registry> registry_;
  const Keys keys_;
  const Tokens tokens_;
  const Tenants tenants_;
  const Sessions sessions_;
  const Login login_;
  const Users users_;
  const Roles roles_;
  const Budgets budgets_;
  const Accounts accounts_;
  const KeyRing key_ring_;
  const AuditDesk audit_;
  const Nonces nonces_;
};

}  // namespace gatehouse::identity
