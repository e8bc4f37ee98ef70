// identity/keys.h — making, rotating and revoking API keys.
// Rules    a key that signs requests has a signing secret beside its own: text of 256 random bits, whose bytes are the key of the HMAC, and
//          which is kept sealed with the key's record. Both are rotated together, and both are taken for as long as the overlap says. Keys
//          of a tenant that takes signed requests alone always have one
//          Nobody gives a key more than they have themselves, and a user's key never has more than the user's role; of a key that has more,
//          they are not given a new secret either. Who does not administer the platform touches no key of a user who may do more than
//          they, nor a tenant's own, which no role bounds, unless they may do what a tenant-admin may
// Threads  any reactor
// Errors   scope_unknown, network_invalid, key_name_invalid, key_expiry_invalid, overlap_invalid → invalid_argument; scope_not_allowed,
//          model_not_allowed, role_not_allowed → permission_denied (for platform:admin outside its tenant invalid_argument);
//          key_is_revoked, too_many_keys → conflict; all origin caller; those of the store
#pragma once
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/random.h"
#include "gatehouse/base/result.h"
#include "gatehouse/identity/api_keys.h"
#include "gatehouse/identity/grants.h"
#include "gatehouse/identity/name_list.h"
#include "gatehouse/identity/registry.h"
#include "gatehouse/identity/scopes.h"

namespace gatehouse::identity {

// Whose keys somebody sees to, and what they may give. Of others none is there.
struct KeyHolder {
  KeyHolder(store::Reach reach_) : reach(std::move(reach_)) {}  // NOLINT: of a reach, all, with everything
  store::Reach reach;
  std::optional<store::UserId> user;         // this one's alone
  std::optional<store::UserId> self;         // who they are, where that is a user of ours
  std::optional<Scopes> grantable;           // nothing: all
  NameList models = NameList::everything();  // that they may give
  std::optional<Grants> most;                // what may be done at most by whose keys they see to; nothing: anything
};

struct NewKey {
  NewKey(TenantId tenant_, std::string name_) : tenant(std::move(tenant_)), name(std::move(name_)) {}
  TenantId tenant;
  std::optional<store::UserId> user;
  std::string name;
  std::optional<std::vector<std::string>> scopes;  // nothing: what the tenant gives
  std::vector<std::string> models{"*"};
  std::vector<std::string> cidrs;
  std::optional<seconds> lifetime;
  bool signing = false;  // with a signing secret
};

struct CreatedKey {
  CreatedKey(store::ApiKey record_, Secret<std::string> text_) : record(std::move(record_)), text(std::move(text_)) {}
  store::ApiKey record;
  Secret<std::string> text;                           // shown once,
  std::optional<Secret<std::string>> signing_secret;  // and so is this, where the key signs
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
  Keys(Registry& registry, KeyHasher hasher, Sealer sealer, RandomSource& random, const Clock& clock)
      : registry_(registry), hasher_(std::move(hasher)), sealer_(std::move(sealer)), random_(random), clock_(clock) {}

  // Not kept yet.
  CreatedKey make(const NewKey& wanted) const;
  // Without scopes it gets those that its tenant gives, as far as the holder may give them, and its user may have them.
  Task<Result<CreatedKey>> add(Reactor& reactor, KeyHolder holder, NewKey wanted) const;
  Task<Result<store::Page<store::ApiKey>>> list(Reactor& reactor, store::KeyQuery query) const;
  Task<Result<store::ApiKey>> find(Reactor& reactor, KeyHolder holder, KeyId id) const;
  Task<Result<store::ApiKey>> set(Reactor& reactor, KeyHolder holder, KeyId id, KeyWish wish, std::optional<std::uint32_t> version) const;
  // The same id and prefix, a new secret; the old one is taken for as long as overlap says.
  // version: as with set.
  Task<Result<CreatedKey>> rotate(Reactor& reactor, KeyHolder holder, KeyId id, seconds overlap,
                                  std::optional<std::uint32_t> version) const;
  // For good. version: as with set.
  Task<Result<store::ApiKey>> revoke(Reactor& reactor, KeyHolder holder, KeyId id, std::optional<std::uint32_t> version) const;
  // One that they may revoke, change, or give a new secret.
  Task<Result<store::ApiKey>> find_to_revoke(Reactor& reactor, KeyHolder holder, KeyId id) const;
  Task<Result<store::ApiKey>> find_to_change(Reactor& reactor, KeyHolder holder, KeyId id) const;
  Task<Result<store::ApiKey>> find_to_rotate(Reactor& reactor, KeyHolder holder, KeyId id) const;

 private:
  store::Moment now() const { return std::chrono::floor<seconds>(clock_.wall()); }
  Task<Status> keep_owned(Reactor& reactor, const store::ApiKey& key) const;
  // Into the record, sealed.
  Secret<std::string> add_signing_secret(store::ApiKey& record) const;
  // Whether they may see to keys of that user; where there is none, to the tenant's own: role_not_allowed
  Status check_owner(const KeyHolder& holder, const TenantId& tenant, const std::optional<store::UserId>& user) const;
  // What a key of that user may have at most, too. user_not_found
  Task<Status> limit_to_role(Reactor& reactor, KeyHolder& holder, const TenantId& tenant, const std::optional<store::UserId>& user) const;
  Task<Status> check_count(Reactor& reactor, const NewKey& wanted) const;

  Registry& registry_;
  const KeyHasher hasher_;
  const Sealer sealer_;
  RandomSource& random_;
  const Clock& clock_;
};

}  // namespace gatehouse::identity
