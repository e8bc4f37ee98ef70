#include "gatehouse/identity/authenticator.h"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <utility>

#include "admission.h"
#include "credential_cache.h"
#include "credential_check.h"
#include "gatehouse/base/sixteen.h"
#include "key_shape.h"
#include "signed_requests.h"
#include "token_verifier.h"

namespace gatehouse::identity {
namespace {

// Mostly written as it stands here.
bool same_word(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  if (a == b) return true;
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

Error ambiguous() { return caller_error("ambiguous_credentials", "The request carries more than one credential: send one, in one field"); }
// What an Authorization field holds.
struct Authorization {
  std::string_view text;  // the bearer's credential, or the whole field when it is something else; empty when there is nothing in it
  bool usable = false;    // a bearer's
};

bool ends_a_word(char c) { return c == ' ' || c == '\t' || c == ','; }

// The last sixteen may have been looked at before.
bool is_one_word(std::string_view text) {
  constexpr std::size_t step = sizeof(Sixteen);
  if (text.size() < step) return std::ranges::none_of(text, ends_a_word);
  const auto ends = [](const char* at) {
    const Sixteen here = sixteen_at(at);
    return (here == sixteen_times(' ')) | (here == sixteen_times('\t')) | (here == sixteen_times(','));
  };
  auto found = ends(text.data() + text.size() - step);
  for (std::size_t i = 0; i + step <= text.size(); i += step) found |= ends(text.data() + i);
  return !any_of(found);
}

Authorization parse_authorization(std::string_view value) {
  constexpr std::string_view usual = "Bearer ";
  if (value.size() > usual.size() && value.starts_with(usual) && value[usual.size()] != ' ') {
    const std::string_view credential = value.substr(usual.size());
    return {credential, is_one_word(credential)};
  }
  const std::size_t space = value.find(' ');
  if (!same_word(value.substr(0, space), "Bearer")) return {value, false};
  if (space == std::string_view::npos) return {};
  const std::size_t start = value.find_first_not_of(' ', space);
  if (start == std::string_view::npos) return {};
  const std::string_view credential = value.substr(start);
  return {credential, is_one_word(credential)};
}

// All that the head says about who asks.
struct Credential {
  std::string_view text;
  bool in_key_field = false;
  bool usable = true;
  bool is_signed = false;
};

enum class Carries : std::uint8_t { nothing, a_key, authorization, a_signature };

// Most fields are not even as long as one of these.
Carries field_named(std::string_view name) {
  static_assert(signature_field.size() == 15);
  switch (name.size()) {
    case 7:
      return same_word(name, "api-key") ? Carries::a_key : Carries::nothing;
    case 9:
      return same_word(name, "X-API-Key") ? Carries::a_key : Carries::nothing;
    case 13:
      return same_word(name, "Authorization") ? Carries::authorization : Carries::nothing;
    case 15:
      return same_word(name, signature_field) ? Carries::a_signature : Carries::nothing;
    default:
      return Carries::nothing;
  }
}

// Nothing: ambiguous. Empty fields say nothing.
std::optional<Credential> collect(const wire::RequestHead& head) {
  Credential found;
  bool authorization_seen = false;
  for (const wire::FieldView& field : head.fields) {
    const Carries what = field_named(field.name);
    if (what == Carries::nothing) continue;
    found.is_signed |= what == Carries::a_signature;
    if (what == Carries::a_signature) continue;
    const bool key_field = what == Carries::a_key;
    if (!key_field && std::exchange(authorization_seen, true)) return std::nullopt;
    const Authorization given = key_field ? Authorization{field.value, true} : parse_authorization(field.value);
    if (given.text.empty()) continue;
    if (!found.text.empty() && found.text != given.text) return std::nullopt;
    found.text = given.text;
    found.in_key_field |= key_field;
    found.usable &= given.usable;
  }
  if (found.is_signed && !found.text.empty()) return std::nullopt;
  return found;
}

}  // namespace

struct Authenticator::State {
  explicit State(AuthenticatorParts parts)
      : hasher(std::move(parts.hasher)),
        directory(std::move(parts.directory)),
        everybody(std::move(parts.everybody)),
        signatures(std::move(parts.sealer), std::move(parts.public_url), parts.random),
        cache(parts.random) {}

  Result<PrincipalPtr> admit(const Credential& credential, WallTime now) {
    return admit_text(credential.text, tokens, hasher, *directory, now);
  }
  Result<PrincipalPtr> known_or_admitted(const Credential& credential, WallTime now, CredentialKind kind, Asking asking);
  Result<PrincipalPtr> admit_signed(const wire::RequestHead& head, Scheme scheme, WallTime now, Asking asking);
  void note_uses(const CredentialCache::Entry& entry);
  void note_uses(const KeyId& id, std::int64_t count, std::int64_t last_used);

  const KeyHasher hasher;
  DirectoryPtr directory;
  const PrincipalPtr everybody;
  const SignatureVerifier signatures;
  CredentialCache cache;
  TokenVerifier tokens;
  std::unordered_map<KeyId, store::KeyUse> uses;  // of credentials that had to make room
};

Authenticator::Authenticator(AuthenticatorParts parts) : state_(std::make_unique<State>(std::move(parts))) {}
Authenticator::~Authenticator() = default;
Authenticator::Authenticator(Authenticator&&) noexcept = default;
Authenticator& Authenticator::operator=(Authenticator&&) noexcept = default;

Result<PrincipalPtr> Authenticator::identify(const wire::RequestHead& head, WallTime now, CredentialKind kind, Asking asking,
                                             Scheme scheme) {
  if (state_->everybody) return state_->everybody;
  const std::optional<Credential> credential = collect(head);
  if (!credential) return ambiguous();
  if (credential->is_signed) return state_->admit_signed(head, scheme, now, asking);
  if (credential->text.empty() || !credential->usable) return credential_missing(kind);
  return state_->known_or_admitted(*credential, now, kind, asking);
}

// The warm path: one hash and one comparison of versions. What was taken as a key before looks like one, and every route takes keys; a
// text of another length is looked at before it is hashed.
Result<PrincipalPtr> Authenticator::State::known_or_admitted(const Credential& credential, WallTime now, CredentialKind kind,
                                                             Asking asking) {
  const bool is_as_long_as_a_key = credential.text.size() == key_length;
  if (!is_as_long_as_a_key) GH_CHECK(check_kind(credential.text, credential.in_key_field, kind));
  const CredentialCache::Fingerprint fingerprint = cache.fingerprint(credential.text);
  CredentialCache::Entry* entry = cache.find(fingerprint);
  const bool is_known_key = entry != nullptr && entry->principal->proof == Proof::api_key;
  if (is_as_long_as_a_key && !is_known_key) GH_CHECK(check_kind(credential.text, credential.in_key_field, kind));
  const std::int64_t second = unix_seconds(now);
  if (entry == nullptr || entry->version != directory->version() || second >= entry->principal->valid_until) {
    const bool signature_known = entry != nullptr && entry->principal->proof == Proof::token &&
                                 entry->principal->trust == trust_of(entry->principal->token.issuer, *directory);
    GH_TRY(PrincipalPtr principal, signature_known ? renew_token(entry->principal, *directory, now) : admit(credential, now));
    if (entry == nullptr) entry = &cache.put(fingerprint, [this](const CredentialCache::Entry& evicted) { note_uses(evicted); });
    entry->principal = std::move(principal);
    entry->version = directory->version();
  }
  if (asking == Asking::first) cache.touch(*entry, second);
  return entry->principal;
}

// Each is another one: there is nothing to remember.
Result<PrincipalPtr> Authenticator::State::admit_signed(const wire::RequestHead& head, Scheme scheme, WallTime now, Asking asking) {
  GH_TRY(PrincipalPtr principal, signatures.admit(head, scheme, *directory, now));
  if (asking == Asking::first) note_uses(*principal->key, 1, unix_seconds(now));
  return principal;
}

void Authenticator::State::note_uses(const CredentialCache::Entry& entry) {
  if (entry.uses == 0 || !entry.principal || !entry.principal->key) return;
  note_uses(*entry.principal->key, entry.uses, entry.last_used);
}

void Authenticator::State::note_uses(const KeyId& id, std::int64_t count, std::int64_t last_used) {
  const store::Moment last{seconds(last_used)};
  store::KeyUse& use = uses.try_emplace(id, id, 0, last).first->second;
  use.count += count;
  use.last_used = std::max(use.last_used, last);
}

PrincipalPtr Authenticator::owner_of_refused(const wire::RequestHead& head) const {
  const std::optional<Credential> credential = collect(head);
  if (!credential || !credential->usable || !prefix_of_key(credential->text)) return nullptr;
  return owner_of_key(credential->text, state_->hasher, *state_->directory);
}

Status Authenticator::check_again(const Principal& principal, WallTime now) const { return check(principal, *state_->directory, now); }

void Authenticator::follow(DirectoryPtr next) {
  if (next->version() > state_->directory->version()) state_->directory = std::move(next);
}

const Directory& Authenticator::directory() const { return *state_->directory; }

std::vector<store::KeyUse> Authenticator::take_uses() {
  for (CredentialCache::Entry& entry : state_->cache.entries()) {
    state_->note_uses(entry);
    entry.uses = 0;
  }
  std::vector<store::KeyUse> taken;
  for (auto& [id, use] : state_->uses) taken.push_back(std::move(use));
  state_->uses.clear();
  return taken;
}

PrincipalPtr anybody(const store::Tenant& tenant) {
  const TenantEntry entry(tenant);
  auto principal = std::make_shared<Principal>(Proof::nothing, tenant.id, tenant.number);
  principal->role_grants = Grants::everything();
  principal->scopes = Scopes::all_but(Scope::platform_admin).limited_to_tasks(entry.tasks);
  principal->models = principal->tenant_models = entry.models;
  principal->tenant_weight = tenant.weight;
  return principal;
}

PrincipalPtr operator_at_the_socket() {
  auto principal = std::make_shared<Principal>(Proof::control_socket, TenantId(std::string(reserved_tenant)), 0);
  principal->role_grants = Grants::everything();
  for (const Scope scope : all_scopes()) principal->scopes.add(scope);
  principal->models = principal->tenant_models = NameList::everything();
  return principal;
}

std::string_view api_key_error(std::string_view reason) {
  if (reason == "credential_missing") return "missing";
  if (reason == "api_key_invalid") return "invalid";
  if (reason == "api_key_expired") return "expired";
  if (reason == "api_key_revoked") return "revoked";
  return reason.starts_with("signature_") || reason.starts_with("digest_") ? "invalid" : "";
}

}  // namespace gatehouse::identity
