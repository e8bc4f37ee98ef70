// identity/principal.h — who asks: everything here comes from the credential, never from the request.
// Life     made when a credential is checked, then shared by all requests that bring it, until the directory has changed
// Units    seconds since 1970, UTC
// Threads  immutable
#pragma once
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "gatehouse/base/strong.h"
#include "gatehouse/identity/grants.h"
#include "gatehouse/identity/name_list.h"
#include "gatehouse/identity/scopes.h"
#include "gatehouse/net/networks.h"
#include "gatehouse/store/records.h"
#include "gatehouse/wire/signature/content_digest.h"

namespace gatehouse::identity {

// What somebody has shown.
enum class Proof : std::uint8_t {
  nothing,         // auth.mode = "off"
  api_key,         //
  token,           //
  signature,       // that the key's signing secret has made
  control_socket,  // whoever may open it runs the server, or is root
};

// What a token said that a revocation may name.
struct TokenMarks {
  std::string issuer;   // by its name in the configuration, empty: ours
  std::string id;       // jti
  std::string session;  // sid
  std::string sha256;   // lower-case hex of the token, where only that names it: legacy issuers, and outside ones that give no jti
  std::int64_t issued_at = 0;
  // Whether a subject that is the tenant's id says that nobody but the tenant stands behind it: ours say so, and legacy ones. Other issuers
  // name whom they like.
  bool may_be_tenants = true;
};

// What of a signed request is seen to when all of it is there, and before it does anything.
struct SignatureMarks {
  explicit SignatureMarks(store::Nonce nonce_) : nonce(nonce_) {}
  store::Nonce nonce;
  std::optional<wire::ContentDigest> digest;  // of the body; nothing: there must be none
};

// Stands for a user, or for a tenant, where names are too long: two that are equal are the same.
struct Mark {
  std::uint64_t high = 0, low = 0;
  friend bool operator==(const Mark&, const Mark&) = default;
};

struct Principal {
  Principal(Proof proof_, TenantId tenant_, std::uint32_t tenant_number_)
      : proof(proof_), tenant(std::move(tenant_)), tenant_number(tenant_number_) {}
  Proof proof;
  TenantId tenant;
  std::uint32_t tenant_number;      // stands for the tenant where names may not go: in engines. From 1, one a tenant
  std::uint32_t tenant_weight = 1;  // of its share of a language model, beside other tenants
  std::optional<KeyId> key;
  std::uint32_t key_prefix = 0;  // of the key
  store::Digest key_digest{};    // of the secret that was shown: after a rotation there are two
  TokenMarks token;
  std::shared_ptr<const SignatureMarks> signature;  // null: not signed
  std::string subject;                              // of a token: a user's id, or the tenant's
  std::string username;                             // of a user of ours, where the credential says it; whether one stands behind it
                                                    // is what is_a_users() says
  Mark mark;                                        // of the user that stands behind it, or of the tenant where none does
  std::string role;                                 // that the user of ours behind it has now; empty: there is none
  std::shared_ptr<const void> trust;          // what a token was believed by, keys and rules: once that is another, it is looked at again
  Scopes granted;                             // by the credential
  Grants role_grants;                         // what that role gives; everything where no role bounds it
  Scopes scopes;                              // of those that were granted, what tenant and role have
  NameList models;                            // of the credential
  NameList tenant_models;                     // what is not in here does not exist for it
  std::shared_ptr<const net::Networks> from;  // where it may come from; null: anywhere
  std::int64_t valid_until = std::numeric_limits<std::int64_t>::max();  // from then on it is not

  // Whether a user stands behind it, of ours or of an outside issuer: subject is their id. Else it is the tenant's own.
  bool is_a_users() const {
    if (subject.empty()) return false;
    return key || !username.empty() || !token.may_be_tenants || subject != tenant.value();
  }
  // Whether that is a user of ours, whom we know and give a role.
  bool is_our_users() const { return is_a_users() && token.issuer.empty(); }
};

using PrincipalPtr = std::shared_ptr<const Principal>;

}  // namespace gatehouse::identity
