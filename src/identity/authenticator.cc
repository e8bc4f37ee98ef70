#include "gatehouse/identity/authenticator.h"

#include <algorithm>
#include <optional>

namespace gatehouse::identity {
namespace {

// No token is longer; keys are far shorter.
constexpr std::size_t longest_token = 8192;

bool same_word(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

Error refused(std::string_view reason, std::string text) { return Error(Code::unauthenticated, Origin::caller, reason, std::move(text)); }
Error refused_key(std::string_view reason) { return refused(reason, "Invalid or expired API key"); }
Error ambiguous() { return caller_error("ambiguous_credentials", "The request carries more than one credential: send one, in one field"); }
Error missing(CredentialKind kind) {
  return refused("credential_missing", kind == CredentialKind::api_key ? "API key required" : "Missing or invalid Authorization header");
}

// What an Authorization field holds.
struct Authorization {
  std::string_view text;  // the bearer's credential, or the whole field when it is something else; empty when there is nothing in it
  bool usable = false;    // a bearer's
};

Authorization parse_authorization(std::string_view value) {
  const std::size_t space = value.find(' ');
  if (!same_word(value.substr(0, space), "Bearer")) return {value, false};
  if (space == std::string_view::npos) return {};
  const std::size_t start = value.find_first_not_of(' ', space);
  if (start == std::string_view::npos) return {};
  const std::string_view credential = value.substr(start);
  const bool one_word = credential.find_first_of(" \t,") == std::string_view::npos;
  return {credential, one_word};
}

// All that the head says about who asks.
struct Credential {
  std::string_view text;
  bool in_key_field = false;
  bool usable = true;
};

// Nothing: ambiguous. Empty fields say nothing.
std::optional<Credential> collect(const wire::RequestHead& head) {
  Credential found;
  bool authorization_seen = false;
  for (const wire::FieldView& field : head.fields) {
    const bool key_field = same_word(field.name, "X-API-Key") || same_word(field.name, "api-key");
    const bool authorization_field = !key_field && same_word(field.name, "Authorization");
    if (!key_field && !authorization_field) continue;
    if (authorization_field && std::exchange(authorization_seen, true)) return std::nullopt;
    const Authorization given = key_field ? Authorization{field.value, true} : parse_authorization(field.value);
    if (given.text.empty()) continue;
    if (!found.text.empty() && found.text != given.text) return std::nullopt;
    found.text = given.text;
    found.in_key_field |= key_field;
    found.usable &= given.usable;
  }
  return found;
}

// A dot is in every token and in no API key.
bool looks_like_token(std::string_view text) { return text.size() > longest_token || text.find('.') != std::string_view::npos; }

}  // namespace

Result<Principal> Authenticator::identify(const wire::RequestHead& head, WallTime now, CredentialKind kind) const {
  const std::optional<Credential> credential = collect(head);
  if (!credential) return ambiguous();
  if (credential->text.empty() || !credential->usable) return missing(kind);
  if (!credential->in_key_field && looks_like_token(credential->text)) {
    return kind == CredentialKind::api_key ? missing(kind) : refused("token_invalid", "Invalid token");
  }
  return identify_key(credential->text, now);
}

Result<Principal> Authenticator::identify_key(std::string_view key, WallTime now) const {
  const KeyRing::Entry* entry = keys_.find(key);
  if (entry == nullptr) return refused_key("api_key_invalid");
  const KeyRecord& record = entry->record;
  if (record.revoked) return refused_key("api_key_revoked").with_detail("key " + record.id.value());
  if (!record.is_active) return refused_key("api_key_invalid").with_detail("key " + record.id.value() + " is switched off");
  if (record.expires_at && unix_seconds(now) >= *record.expires_at) {
    return refused_key("api_key_expired").with_detail("key " + record.id.value());
  }
  return Principal(record.tenant, record.id, record.scopes, entry->tenant_number);
}

std::string_view api_key_error(std::string_view reason) {
  if (reason == "credential_missing") return "missing";
  if (reason == "api_key_invalid") return "invalid";
  if (reason == "api_key_expired") return "expired";
  if (reason == "api_key_revoked") return "revoked";
  return {};
}

}  // namespace gatehouse::identity
