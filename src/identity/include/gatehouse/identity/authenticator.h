// identity/authenticator.h — from the head of a request to who asks.
// Rules    X-API-Key, api-key or Authorization: Bearer; the same credential may stand in several, two different ones are refused.
//          Unknown and wrong keys answer alike; expired and revoked are said of keys that exist alone
// Threads  immutable: any thread
// Errors   ambiguous_credentials → invalid_argument; credential_missing, token_invalid, api_key_invalid, api_key_expired,
//          api_key_revoked → unauthenticated; all origin caller. No text or detail repeats the credential
#pragma once
#include <cstdint>
#include <string_view>
#include <utility>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/result.h"
#include "gatehouse/identity/api_keys.h"
#include "gatehouse/identity/principal.h"
#include "gatehouse/wire/http1/head.h"

namespace gatehouse::identity {

enum class CredentialKind : std::uint8_t { any, api_key };

class Authenticator {
 public:
  explicit Authenticator(KeyRing keys) : keys_(std::move(keys)) {}
  Result<Principal> identify(const wire::RequestHead& head, WallTime now, CredentialKind kind) const;

 private:
  Result<Principal> identify_key(std::string_view key, WallTime now) const;
  KeyRing keys_;
};

// What X-API-Key-Error says for the reason of an error: missing, invalid, expired, revoked; empty when it says nothing.
std::string_view api_key_error(std::string_view reason);

}  // namespace gatehouse::identity
