#include "token_verifier.h"

#include <algorithm>
#include <utility>

#include "gatehouse/base/base64url.h"
#include "gatehouse/identity/token_issuer.h"

namespace gatehouse::identity {
namespace {

Error unknown_issuer(const char* why) {
  return Error(Code::unauthenticated, Origin::caller, "token_invalid", "Invalid token").with_detail(why);
}

}  // namespace

std::shared_ptr<const void> trust_of(std::string_view issuer, const Directory& directory) {
  if (issuer.empty()) return directory.signing_keys();
  return directory.issuers()->find(issuer);
}

void TokenVerifier::follow(const IssuersPtr& issuers) {
  if (issuers_ == issuers) return;
  issuers_ = issuers;
  outside_.clear();
  own_rules_.issuers = issuers->formerly;
  own_rules_.issuers.push_back(issuers->own);
  own_rules_.audiences = {std::string(own_audience)};
  own_rules_.types = {std::string(access_token_type)};
  own_rules_.max_lifetime = longest_token_lifetime;
}

Status TokenVerifier::Prepared::prepare(const std::shared_ptr<const void>& from, const wire::JwsKeySet& set) {
  if (verifier && made_of == from) return ok();
  GH_TRY(verifier, wire::JwsVerifier::make(set));
  made_of = from;
  return ok();
}

Result<VerifiedToken> TokenVerifier::verify(std::string_view token, WallTime now, const Directory& directory) {
  follow(directory.issuers());
  if (token.size() > wire::max_jws_bytes) return unknown_issuer("larger than a token may be");
  const std::optional<std::string> named = issuer_named_in(token);
  if (!named) return verify_legacy(token, now);
  if (*named == issuers_->own) return verify_own(token, now, directory);
  for (const IssuerPtr& issuer : issuers_->outside) {
    if (!issuer->legacy && std::ranges::find(issuer->rules.issuers, *named) != issuer->rules.issuers.end()) {
      return verify_outside(token, now, issuer);
    }
  }
  if (std::ranges::find(issuers_->formerly, *named) != issuers_->formerly.end()) return verify_own(token, now, directory);
  return unknown_issuer("the issuer is not configured");
}

Result<VerifiedToken> TokenVerifier::verify_own(std::string_view token, WallTime now, const Directory& directory) {
  const std::shared_ptr<const SigningKeys>& keys = directory.signing_keys();
  if (!keys) return unknown_issuer("there are no signing keys");
  GH_CHECK(own_.prepare(keys, keys->all));
  GH_TRY(const wire::VerifiedJws signed_token, own_.verifier->verify(token));
  VerifiedToken verified;
  verified.trust = keys;
  GH_TRY(verified.claims, wire::check_claims(signed_token, own_rules_, now, parser_));
  return verified;
}

Result<VerifiedToken> TokenVerifier::verify_outside(std::string_view token, WallTime now, const IssuerPtr& issuer) {
  if (issuer->until && unix_seconds(now) >= *issuer->until) return unknown_issuer("the issuer's time is over");
  if (!issuer->keys) return unknown_issuer("the issuer's keys have not come yet");
  Prepared& prepared = outside_[issuer->name];
  GH_CHECK(prepared.prepare(issuer->keys, *issuer->keys));
  const Result<wire::VerifiedJws> signed_token = prepared.verifier->verify(token);
  if (!signed_token) {
    if (issuer->source != nullptr && signed_token.error().reason() == "token_key_unknown") issuer->source->missing({});
    return signed_token.error();
  }
  VerifiedToken verified;
  verified.issuer = issuer;
  verified.trust = issuer;
  GH_TRY(verified.claims, wire::check_claims(*signed_token, issuer->rules, now, parser_));
  return verified;
}

// They do not say whose they are: the few that are configured are asked in turn.
Result<VerifiedToken> TokenVerifier::verify_legacy(std::string_view token, WallTime now) {
  Result<VerifiedToken> verified = unknown_issuer("the token names no issuer");
  for (const IssuerPtr& issuer : issuers_->outside) {
    const bool over = issuer->until && unix_seconds(now) >= *issuer->until;
    if (!issuer->legacy || over || !issuer->keys) continue;
    verified = verify_outside(token, now, issuer);
    if (verified || verified.error().reason() != "token_signature_invalid") break;
  }
  return verified;
}

std::optional<std::string> TokenVerifier::issuer_named_in(std::string_view token) {
  const std::size_t first = token.find('.'), second = token.find('.', first + 1);
  if (first == std::string_view::npos || second == std::string_view::npos) return issuers_->own;  // what is no token fails as ours
  const std::optional<std::string> payload = from_base64url(token.substr(first + 1, second - first - 1));
  if (!payload) return issuers_->own;
  const Result<wire::JsonValue> root = parser_.parse(*payload);
  if (!root || !root->is_object()) return issuers_->own;
  const std::optional<wire::JsonValue> issuer = root->find("iss");
  if (!issuer) return std::nullopt;
  return issuer->is_string() ? std::string(issuer->string()) : issuers_->own;
}

}  // namespace gatehouse::identity
