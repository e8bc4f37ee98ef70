#include "admission.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "gatehouse/base/hex.h"
#include "gatehouse/identity/init.h"
#include "key_shape.h"

namespace gatehouse::identity {
namespace {

using store::RevocationKind;

Error token_revoked() { return refused("token_revoked", "Token has been revoked"); }
Error token_expired() { return refused("token_expired", "Token has expired"); }

Error signature_required() {
  return refused("signature_required", "This tenant's API keys are taken in signed requests alone: sign them, as RFC 9421 says");
}

bool same(const store::Digest& a, const store::Digest& b) { return CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0; }
std::int64_t seconds_of(store::Moment moment) { return moment.time_since_epoch().count(); }

Result<const TenantEntry*> open_tenant(const TenantId& id, const Directory& directory) {
  const TenantEntry* tenant = directory.tenant(id);
  if (tenant == nullptr || !tenant->record.enabled) return tenant_disabled(id.value());
  return tenant;
}

bool may_speak_for(const Issuer& issuer, const std::string& tenant) { return tenant != reserved_tenant && issuer.tenants.has(tenant); }

// When the secret that was shown is no longer taken; nothing for one that is not the key's any more.
std::optional<std::int64_t> end_of_secret(const store::ApiKey& key, const store::Digest& shown) {
  const std::int64_t key_ends = key.expires ? seconds_of(*key.expires) : std::numeric_limits<std::int64_t>::max();
  if (same(key.digest, shown)) return key_ends;
  if (key.previous && same(key.previous->digest, shown)) return std::min(key_ends, seconds_of(key.previous->until));
  return std::nullopt;
}

Status check_key(const store::ApiKey& key, const store::Digest& shown, std::int64_t now) {
  const std::string detail = "key " + key.id.value();
  if (key.revoked) return refused_key("api_key_revoked").with_detail(detail);
  if (!key.is_active) return refused_key("api_key_invalid").with_detail(detail + " is switched off");
  const std::optional<std::int64_t> ends = end_of_secret(key, shown);
  if (!ends) return refused_key("api_key_revoked").with_detail(detail + " was rotated");
  if (now < *ends) return ok();
  const bool whole_key = key.expires && now >= seconds_of(*key.expires);
  return refused_key(whole_key ? "api_key_expired" : "api_key_revoked").with_detail(detail);
}

Status check_token(const Principal& principal, const Directory& directory) {
  const TokenMarks& token = principal.token;
  const bool revoked = directory.revoked(RevocationKind::token_id, marked(token.issuer, token.id), token.issued_at) ||
                       directory.revoked(RevocationKind::token_sha256, token.sha256, token.issued_at) ||
                       directory.revoked(RevocationKind::session, marked(token.issuer, token.session), token.issued_at) ||
                       directory.revoked(RevocationKind::user, marked(token.issuer, principal.subject), token.issued_at) ||
                       directory.revoked(RevocationKind::tenant, principal.tenant.value(), token.issued_at);
  return revoked ? Status(token_revoked()) : ok();
}

// Issuers have users of the same name, and a tenant may be called like a user.
Mark mark_of(const Principal& principal) {
  const std::string name =
      principal.token.issuer + '\0' + principal.tenant.value() + '\0' + (principal.is_a_users() ? principal.subject : std::string());
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(name.data()), name.size(), digest.data());
  Mark mark;
  std::memcpy(&mark, digest.data(), sizeof mark);
  return mark;
}

// What others say of somebody gives at most what the tenant has, and a user's role what it gives now, whatever was granted before.
void add_grants(Principal& principal, const TenantEntry& tenant, const Directory& directory, Scopes granted) {
  principal.granted = granted;
  principal.mark = mark_of(principal);
  if (!principal.token.issuer.empty()) granted = granted.limited_to(tenant.scopes);
  if (principal.is_our_users()) {
    principal.role = directory.role_of(principal.subject);
    principal.role_grants = directory.grants_of(principal.tenant, principal.role);
    granted = granted.limited_to(principal.role_grants.scopes);
  } else {
    principal.role_grants = Grants::everything();
  }
  principal.scopes = granted.limited_to_tasks(tenant.tasks);
  principal.tenant_models = tenant.models;
  principal.tenant_weight = tenant.record.weight;
}

}  // namespace

bool is_believed(const std::string& issuer, const TenantId& tenant, const Directory& directory, WallTime now) {
  if (issuer.empty()) return true;
  const IssuerPtr found = directory.issuers()->find(issuer);
  return found && may_speak_for(*found, tenant.value()) && (!found->until || unix_seconds(now) < *found->until);
}

bool named_by_hash(const VerifiedToken& verified) {
  return verified.issuer && (verified.issuer->legacy || verified.claims.token_id.empty());
}

std::string sha256_hex(std::string_view text) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return to_hex(std::string_view(reinterpret_cast<const char*>(digest.data()), digest.size()));
}

std::string marked(const std::string& issuer, const std::string& name) {
  if (name.empty()) return name;
  const std::string called = name.size() <= longest_token_id ? name : "sha256:" + sha256_hex(name);
  return issuer.empty() ? called : issuer + "|" + called;
}

Error refused(std::string_view reason, std::string text) { return Error(Code::unauthenticated, Origin::caller, reason, std::move(text)); }

Error user_inactive(const std::string& id) {
  return Error(Code::permission_denied, Origin::caller, "user_inactive", "Inactive user").with_detail("user " + id);
}

Error tenant_disabled(const std::string& id) {
  return Error(Code::permission_denied, Origin::caller, "tenant_disabled", "Tenant is disabled").with_detail("tenant " + id);
}

Error refused_key(std::string_view reason) { return refused(reason, "Invalid or expired API key"); }

Error refused_token(const Error& why) {
  const std::string_view reason = why.reason();
  if (reason == "token_expired") return token_expired();
  if (reason == "token_revoked" || reason == "token_tenant_missing" || why.code() != Code::unauthenticated) return why;
  return refused("token_invalid", "Invalid token").with_detail(why.describe());
}

Status check(const Principal& principal, const Directory& directory, WallTime now) {
  if (principal.proof == Proof::nothing || principal.proof == Proof::control_socket) return ok();
  const std::int64_t second = unix_seconds(now);
  if (principal.key) {
    const KeyEntry* key = directory.key(principal.key_prefix);
    if (key == nullptr || key->record.id != *principal.key) return refused_key("api_key_revoked");
    GH_CHECK(check_key(key->record, principal.key_digest, second));
  }
  if (!principal.key && second >= principal.valid_until) return token_expired();
  if (principal.token.issuer.empty() && directory.inactive(principal.subject)) return user_inactive(principal.subject);
  if (!principal.key) GH_CHECK(check_token(principal, directory));
  const Result<const TenantEntry*> tenant = open_tenant(principal.tenant, directory);
  return tenant ? ok() : Status(tenant.error());
}

Result<PrincipalPtr> admit_key(const KeyEntry& key, const KeyProof& proof, const Directory& directory, WallTime now) {
  const store::ApiKey& record = key.record;
  GH_CHECK(check_key(record, proof.shown, unix_seconds(now)));
  GH_TRY(const TenantEntry* tenant, open_tenant(record.tenant, directory));
  if (proof.proof != Proof::signature && tenant->record.signatures == store::Signatures::required) return signature_required();
  auto principal = std::make_shared<Principal>(proof.proof, record.tenant, tenant->record.number);
  principal->key = record.id;
  principal->key_prefix = prefix_number(record.prefix).value_or(0);
  principal->key_digest = proof.shown;
  principal->signature = proof.signature;
  if (record.user) principal->subject = record.user->value();
  principal->models = key.models;
  principal->from = key.from;
  principal->valid_until = end_of_secret(record, proof.shown).value_or(0);
  if (directory.inactive(principal->subject)) return user_inactive(principal->subject);
  add_grants(*principal, *tenant, directory, key.scopes);
  return PrincipalPtr(std::move(principal));
}

Result<PrincipalPtr> admit_token(const VerifiedToken& verified, std::string_view text, const Directory& directory, WallTime now) {
  const wire::Claims& claims = verified.claims;
  if (claims.tenant.empty()) return refused("token_tenant_missing", "Invalid token: missing tenant_id");
  if (verified.issuer && !may_speak_for(*verified.issuer, claims.tenant)) return tenant_disabled(claims.tenant);
  GH_TRY(const TenantEntry* tenant, open_tenant(TenantId(claims.tenant), directory));
  auto principal = std::make_shared<Principal>(Proof::token, tenant->record.id, tenant->record.number);
  principal->subject = claims.user;
  principal->trust = verified.trust;
  TokenMarks& token = principal->token;
  token.id = claims.token_id;
  token.session = claims.session;
  token.issued_at = claims.issued_at.value_or(claims.not_before.value_or(0));
  principal->valid_until = claims.expires_at;
  principal->models = NameList::everything();
  Scopes scopes = Scopes::known(claims.scopes);
  if (!verified.issuer) principal->username = claims.username;  // a user of ours
  if (verified.issuer) {
    token.issuer = verified.issuer->name;
    token.may_be_tenants = verified.issuer->legacy;
    if (named_by_hash(verified)) token.sha256 = sha256_hex(text);
    if (verified.issuer->until) principal->valid_until = std::min(principal->valid_until, *verified.issuer->until);
    scopes = scopes.without(Scope::platform_admin);
  }
  add_grants(*principal, *tenant, directory, scopes);
  GH_CHECK(check(*principal, directory, now));
  return PrincipalPtr(std::move(principal));
}

Result<PrincipalPtr> renew_token(const PrincipalPtr& principal, const Directory& directory, WallTime now) {
  GH_CHECK(check(*principal, directory, now));
  GH_TRY(const TenantEntry* tenant, open_tenant(principal->tenant, directory));
  auto renewed = std::make_shared<Principal>(*principal);
  add_grants(*renewed, *tenant, directory, principal->granted);
  return PrincipalPtr(std::move(renewed));
}

}  // namespace gatehouse::identity
