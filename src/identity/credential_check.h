// identity/credential_check.h — the text of a credential, checked: what it is, and whether who shows it may come in.
// Rules    nothing is remembered and nothing counted: that is for who asks
// Threads  pure functions but for the verifier, which is its owner's
// Errors   those of authenticator.h
#pragma once
#include <string_view>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/result.h"
#include "gatehouse/identity/api_keys.h"
#include "gatehouse/identity/authenticator.h"
#include "gatehouse/identity/directory.h"
#include "gatehouse/identity/principal.h"
#include "token_verifier.h"

namespace gatehouse::identity {

Error credential_missing(CredentialKind kind);

// A dot is in every token and in no API key.
bool looks_like_token(std::string_view text);
// Whether it is of a kind that is taken: credential_missing, api_key_invalid.
Status check_kind(std::string_view text, bool in_key_field, CredentialKind kind);

// The key whose secret that is, or was before it was rotated; null: nobody's. Unknown prefixes cost what known ones cost, and how much of a
// wrong key is right does not show in the time.
const KeyEntry* key_of_secret(std::string_view text, const store::Digest& shown, const Directory& directory);

// The same, as somebody who may do nothing, whatever the key is refused for.
PrincipalPtr owner_of_key(std::string_view text, const KeyHasher& hasher, const Directory& directory);

Result<PrincipalPtr> admit_text(std::string_view text, TokenVerifier& tokens, const KeyHasher& hasher, const Directory& directory,
                                WallTime now);

}  // namespace gatehouse::identity
