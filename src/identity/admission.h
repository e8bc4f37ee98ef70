// identity/admission.h — whether a principal may go on, by what the directory knows now; and principals of keys and tokens.
// Threads  pure functions
// Errors   those of authenticator.h
#pragma once
#include <string>
#include <string_view>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/result.h"
#include "gatehouse/identity/directory.h"
#include "gatehouse/identity/principal.h"
#include "token_verifier.h"

namespace gatehouse::identity {

Status check(const Principal& principal, const Directory& directory, WallTime now);

// How somebody has shown that they have a key.
struct KeyProof {
  KeyProof(Proof proof_, const store::Digest& shown_) : proof(proof_), shown(shown_) {}
  Proof proof;
  store::Digest shown;                              // of the secret: the key's, or of what went with the one that signed
  std::shared_ptr<const SignatureMarks> signature;  // null: not signed
};
Result<PrincipalPtr> admit_key(const KeyEntry& key, const KeyProof& proof, const Directory& directory, WallTime now);
// text: the token.
Result<PrincipalPtr> admit_token(const VerifiedToken& verified, std::string_view text, const Directory& directory, WallTime now);
// One that was admitted by a token, as the directory has it now; the signature need not be checked again.
Result<PrincipalPtr> renew_token(const PrincipalPtr& principal, const Directory& directory, WallTime now);

// Bytes of a jti, and of any other name that is kept as it is.
inline constexpr std::size_t longest_token_id = 256;

// What a revocation calls a token, a session or a user: two issuers may give one name twice, and others' names may be as long as they like.
// issuer empty: ours.
std::string marked(const std::string& issuer, const std::string& name);

// Whether tokens of that issuer (empty: ours) are believed of that tenant, as far as the configuration says.
bool is_believed(const std::string& issuer, const TenantId& tenant, const Directory& directory, WallTime now);

// Whether only its text names it: legacy issuers, and tokens of others without jti.
bool named_by_hash(const VerifiedToken& verified);
// Lower-case hex: what names a token then.
std::string sha256_hex(std::string_view text);

// Whoever asks is not who they say; text is what they are told.
Error refused(std::string_view reason, std::string text);
// For whoever is in the way of a user or tenant that has been switched off; id goes to the log.
Error user_inactive(const std::string& id);
Error tenant_disabled(const std::string& id);
Error refused_key(std::string_view reason);
// What is wrong with a token, in the words that are promised: everything but the reason stays inside.
Error refused_token(const Error& why);

}  // namespace gatehouse::identity
