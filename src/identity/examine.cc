#include "gatehouse/identity/examine.h"

#include "admission.h"
#include "credential_check.h"
#include "gatehouse/base/base64url.h"
#include "gatehouse/wire/json/document.h"
#include "key_shape.h"

namespace gatehouse::identity {
namespace {

// When a token says that it ended, before anything of it is believed.
std::optional<std::int64_t> end_named_in(std::string_view token) {
  const std::size_t first = token.find('.'), second = token.find('.', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  const std::optional<std::string> payload = from_base64url(token.substr(first + 1, second - first - 1));
  wire::JsonParser parser;
  if (!payload) return std::nullopt;
  const Result<wire::JsonValue> root = parser.parse(*payload);
  const auto end = root && root->is_object() ? root->find("exp") : std::nullopt;
  return end ? end->as_int64() : std::nullopt;
}

// Of one that has expired, too: what it was when it was good says whose it is.
std::optional<TenantId> owner_of_token(std::string_view text, TokenVerifier& tokens, const Directory& directory, WallTime now) {
  Result<VerifiedToken> verified = tokens.verify(text, now, directory);
  if (!verified && verified.error().reason() == "token_expired") {
    const std::int64_t end = end_named_in(text).value_or(0);
    if (end > 0 && end <= unix_seconds(now)) verified = tokens.verify(text, WallTime(seconds(end - 1)), directory);
  }
  if (!verified || verified->claims.tenant.empty()) return std::nullopt;
  return TenantId(verified->claims.tenant);
}

}  // namespace

Status check_kind(const Secret<std::string>& credential, CredentialKind kind) {
  const std::string& text = credential.expose();
  return text.empty() ? Status(credential_missing(kind)) : check_kind(text, false, kind);
}

Examined examine(const Secret<std::string>& credential, const Directory& directory, const KeyHasher& hasher, WallTime now) {
  const std::string& text = credential.expose();
  TokenVerifier tokens;
  Result<PrincipalPtr> admitted = admit_text(text, tokens, hasher, directory, now);
  if (!prefix_of_key(text)) return Examined(owner_of_token(text, tokens, directory, now), std::move(admitted));
  const KeyEntry* const key = key_of_secret(text, hasher.digest(text), directory);
  return Examined(key != nullptr ? std::optional(key->record.tenant) : std::nullopt, std::move(admitted));
}

Examined examine_unknown(const Secret<std::string>& credential) {
  const bool token = looks_like_token(credential.expose());
  return Examined(std::nullopt, token ? refused("token_invalid", "Invalid token") : refused_key("api_key_invalid"));
}

}  // namespace gatehouse::identity
