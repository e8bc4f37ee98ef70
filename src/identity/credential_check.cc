#include "credential_check.h"

#include <openssl/crypto.h>

#include "admission.h"
#include "key_shape.h"

namespace gatehouse::identity {
namespace {

// No token is longer; keys are far shorter.
constexpr std::size_t longest_token = 8192;

Result<PrincipalPtr> admit_token_text(std::string_view text, TokenVerifier& tokens, const Directory& directory, WallTime now) {
  const Result<VerifiedToken> verified = tokens.verify(text, now, directory);
  if (!verified) return refused_token(verified.error());
  Result<PrincipalPtr> admitted = admit_token(*verified, text, directory, now);
  return admitted ? std::move(admitted) : Result<PrincipalPtr>(refused_token(admitted.error()));
}

}  // namespace

Error credential_missing(CredentialKind kind) {
  return refused("credential_missing", kind == CredentialKind::api_key ? "API key required" : "Missing or invalid Authorization header");
}

bool looks_like_token(std::string_view text) { return text.size() > longest_token || text.find('.') != std::string_view::npos; }

Status check_kind(std::string_view text, bool in_key_field, CredentialKind kind) {
  const bool token = !in_key_field && looks_like_token(text);
  if (token && kind == CredentialKind::api_key) return credential_missing(kind);
  if (!token && !prefix_of_key(text)) return refused_key("api_key_invalid");
  return ok();
}

const KeyEntry* key_of_secret(std::string_view text, const store::Digest& shown, const Directory& directory) {
  static constexpr store::Digest nobodys{};
  const KeyEntry* const key = directory.key(prefix_of_key(text).value_or(0));
  const store::Digest& current = key != nullptr ? key->record.digest : nobodys;
  const store::Digest& previous = key != nullptr && key->record.previous ? key->record.previous->digest : nobodys;
  const bool right = CRYPTO_memcmp(shown.data(), current.data(), shown.size()) == 0;
  const bool was_right = CRYPTO_memcmp(shown.data(), previous.data(), shown.size()) == 0;
  return right || was_right ? key : nullptr;
}

PrincipalPtr owner_of_key(std::string_view text, const KeyHasher& hasher, const Directory& directory) {
  const KeyEntry* const key = key_of_secret(text, hasher.digest(text), directory);
  const TenantEntry* const tenant = key == nullptr ? nullptr : directory.tenant(key->record.tenant);
  if (tenant == nullptr) return nullptr;
  auto owner = std::make_shared<Principal>(Proof::api_key, tenant->record.id, tenant->record.number);
  owner->key = key->record.id;
  if (key->record.user) owner->subject = key->record.user->value();
  return owner;
}

Result<PrincipalPtr> admit_text(std::string_view text, TokenVerifier& tokens, const KeyHasher& hasher, const Directory& directory,
                                WallTime now) {
  if (!prefix_of_key(text)) return admit_token_text(text, tokens, directory, now);
  const store::Digest shown = hasher.digest(text);
  const KeyEntry* const key = key_of_secret(text, shown, directory);
  if (key == nullptr) return refused_key("api_key_invalid");
  return admit_key(*key, KeyProof(Proof::api_key, shown), directory, now);
}

}  // namespace gatehouse::identity
