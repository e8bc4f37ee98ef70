// identity/keys.h — making, rotating and revoking API keys.
// Threads  any reactor
// Errors   scope_unknown, scope_not_allowed, network_invalid, key_name_invalid, key_expiry_invalid, overlap_invalid → invalid_argument,
// origin caller;
//          key_is_revoked → conflict; those of the store
#pragma once
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/random.h"
#include "gatehouse/base/result.h"
#include "gatehouse/identity/api_keys.h"
#include "gatehouse/identity/registry.h"

namespace gatehouse::identity {

struct NewKey {
  NewKey(TenantId tenant_, std::string name_) : tenant(std::move(tenant_)), name(std::move(name_)) {}
  TenantId tenant;
  std::optional<store::UserId> user;
  std::string name;
  std::optional<std::vector<std::string>> scopes;  // nothing: what the tenant gives
  std::vector<std::string> models{"*"};
  std::vector<std::string> cidrs;
  std::optional<seconds> lifetime;
};

struct CreatedKey {
  CreatedKey(store::ApiKey record_, Secret<std::string> text_) : record(std::move(record_)), text(std::move(text_)) {}
  store::ApiKey record;
  Secret<std::string> text;  // shown once
};

// What may be changed of one.
struct KeyWish {
  KeyWish() = default;
  std::optional<std::string> name;
  std::optional<bool> is_active;
  std::optional<std::vector<std::string>> scopes, models, cidrs;
};

class Keys {
 public:
  Keys(Registry& registry, KeyHasher hasher, RandomSource& random, const Clock& clock)
      : registry_(registry), hasher_(std::move(hasher)), random_(random), clock_(clock) {}

  // Not kept yet.
  CreatedKey make(const NewKey& wanted) const;
  // Without scopes it gets those that its tenant gives.
  Task<Result<CreatedKey>> add(Reactor& reactor, NewKey wanted) const;
  Task<Result<store::Page<store::ApiKey>>> list(Reactor& reactor, store::KeyQuery query) const;
  Task<Result<store::ApiKey>> find(Reactor& reactor, store::Reach reach, KeyId id) const;
  Task<Result<store::ApiKey>> set(Reactor& reactor, store::Reach reach, KeyId id, KeyWish wish, std::optional<std::uint32_t> version) const;
  // The same id and prefix, a new secret; the old one is taken for as long as overlap says.
  Task<Result<CreatedKey>> rotate(Reactor& reactor, store::Reach reach, KeyId id, seconds overlap) const;
  // For good.
  Task<Result<store::ApiKey>> revoke(Reactor& reactor, store::Reach reach, KeyId id) const;

 private:
  store::Moment now() const { return std::chrono::floor<seconds>(clock_.wall()); }
  Task<Status> keep_owned(Reactor& reactor, const store::ApiKey& key) const;

  Registry& registry_;
  const KeyHasher hasher_;
  RandomSource& random_;
  const Clock& clock_;
};

}  // namespace gatehouse::identity
