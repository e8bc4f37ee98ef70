// identity/tokens.h — issuing, looking at and revoking our own tokens.
// Threads  any reactor; sign() any thread
// Errors   scope_unknown, scope_not_allowed, token_lifetime_invalid, token_id_invalid → invalid_argument, origin caller; tenant_not_found;
//          those of the store
#pragma once
#include <optional>
#include <string>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/random.h"
#include "gatehouse/base/result.h"
#include "gatehouse/base/secret.h"
#include "gatehouse/identity/principal.h"
#include "gatehouse/identity/registry.h"
#include "gatehouse/identity/token_issuer.h"

namespace gatehouse::identity {

struct TokenWish {
  explicit TokenWish(TenantId tenant_) : tenant(std::move(tenant_)) {}
  TenantId tenant;
  std::optional<store::UserId> user;               // none: it is the tenant's own
  std::optional<std::vector<std::string>> scopes;  // nothing: what the tenant gives
  std::optional<seconds> lifetime;                 // nothing: what the tenant gives
};

// What a token says, and what is thought of it.
struct InspectedToken {
  InspectedToken() = default;
  std::string claims;   // a JSON object; empty when it cannot be read
  std::string refusal;  // why it would be refused, empty when it would not
};

class Tokens {
 public:
  Tokens(Registry& registry, RandomSource& random, const Clock& clock) : registry_(registry), random_(random), clock_(clock) {}

  Result<IssuedToken> sign(const NewToken& wanted) const;
  // user_not_found: of that tenant
  Task<Result<IssuedToken>> issue(Reactor& reactor, TokenWish wish) const;
  // By jti, of an outside issuer where one is named; issuer_not_found.
  Task<Status> revoke_id(Reactor& reactor, std::string id, std::string issuer = {}) const;
  // Ours by jti, others' by what names them, which is given back; it must be one that we would take, or would have taken.
  Task<Result<std::string>> revoke(Reactor& reactor, Secret<std::string> token) const;
  // The token that somebody was let in by.
  Task<Status> revoke(Reactor& reactor, const Principal& principal) const;
  // By which all that were issued to a user until now end.
  store::Revocation end_of_user(const store::UserId& user) const;
  // All that were issued to a user until now; user_not_found.
  Task<Status> revoke_user(Reactor& reactor, store::UserId user) const;
  // The same for whom an outside issuer calls so; issuer_not_found.
  Task<Status> revoke_subject(Reactor& reactor, std::string issuer, std::string subject) const;
  // All that were issued for a tenant until now; tenant_not_found.
  Task<Status> revoke_tenant(Reactor& reactor, TenantId tenant) const;
  InspectedToken inspect(const Secret<std::string>& token) const;

 private:
  store::Revocation until_now(store::RevocationKind kind, std::string id) const;
  Task<Status> revoke_until_now(Reactor& reactor, store::RevocationKind kind, std::string id) const;

  Registry& registry_;
  RandomSource& random_;
  const Clock& clock_;
};

}  // namespace gatehouse::identity
