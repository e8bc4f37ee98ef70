// identity/examine.h — what a credential would come to, without its being used: nothing is counted, nothing remembered.
// Threads  any
// Errors   those of authenticator.h
#pragma once
#include <optional>
#include <string>
#include <utility>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/result.h"
#include "gatehouse/base/secret.h"
#include "gatehouse/identity/api_keys.h"
#include "gatehouse/identity/authenticator.h"
#include "gatehouse/identity/directory.h"
#include "gatehouse/identity/principal.h"

namespace gatehouse::identity {

struct Examined {
  Examined(std::optional<TenantId> owner_, Result<PrincipalPtr> principal_) : owner(std::move(owner_)), principal(std::move(principal_)) {}
  // Whose it is, where that is certain: its secret or signature is right, whatever else is wrong with it.
  std::optional<TenantId> owner;
  Result<PrincipalPtr> principal;
};

// Whether routes that want this kind look at it at all, in the field where it belongs: credential_missing, api_key_invalid.
Status check_kind(const Secret<std::string>& credential, CredentialKind kind);
// One that is looked at.
Examined examine(const Secret<std::string>& credential, const Directory& directory, const KeyHasher& hasher, WallTime now);
// The same of what nobody here knows.
Examined examine_unknown(const Secret<std::string>& credential);

}  // namespace gatehouse::identity
