#include "gatehouse/wire/jose/claims.h"

#include <algorithm>

#include "jose/errors.h"

namespace gatehouse::wire {

using namespace jose;  // NOLINT: the same subject

namespace {

constexpr std::int64_t last_date = 253'402'300'799;  // 9999-12-31T23:59:59Z

Error malformed(std::string_view claim, std::string_view what) {
  return token_claims_malformed("\"" + std::string(claim) + "\" in the token " + std::string(what));
}

bool plain(std::string_view text) {
  return std::ranges::none_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7F; });
}

// RFC 6749, section 3.3.
bool is_scope(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7F && c != '"' && c != '\\'; });
}

class ClaimReader {
 public:
  explicit ClaimReader(const JsonValue& root) : root_(root) {}

  Status read_text(std::string_view name, std::string& out) const {
    const std::optional<JsonValue> member = root_.find(name);
    if (!member) return ok();
    if (!member->is_string() || !plain(member->string())) return malformed(name, "is no plain string");
    out.assign(member->string());
    return ok();
  }

  Status read_date(std::string_view name, std::optional<std::int64_t>& out) const {
    const std::optional<JsonValue> member = root_.find(name);
    if (!member) return ok();
    // 1.5e9 is whole and refused nonetheless: who writes dates so has computed them with floats.
    if (member->kind() != JsonKind::int64) return malformed(name, "is no whole number of seconds");
    out = member->as_int64();
    if (*out < 0 || *out > last_date) return malformed(name, "is no date");
    return ok();
  }

  // One string, or a list of strings.
  Status read_audiences(std::vector<std::string>& out) const {
    const std::optional<JsonValue> member = root_.find("aud");
    if (!member) return ok();
    if (member->is_string()) return add_audience(*member, out);
    if (!member->is_list()) return malformed("aud", "is neither a string nor a list");
    for (const JsonValue& one : member->items()) GH_CHECK(add_audience(one, out));
    return ok();
  }

  // One string with spaces, or a list of strings.
  Status read_scopes(std::string_view name, std::vector<std::string>& out) const {
    const std::optional<JsonValue> member = root_.find(name);
    if (!member) return ok();
    if (member->is_string()) return split_scopes(name, member->string(), out);
    if (!member->is_list()) return malformed(name, "is neither a string nor a list");
    for (const JsonValue& one : member->items()) {
      if (!one.is_string() || !is_scope(one.string())) return malformed(name, "holds what is no scope");
      out.emplace_back(one.string());
    }
    return ok();
  }

 private:
  static Status add_audience(const JsonValue& one, std::vector<std::string>& out) {
    if (!one.is_string() || !plain(one.string())) return malformed("aud", "holds what is no plain string");
    out.emplace_back(one.string());
    return ok();
  }

  static Status split_scopes(std::string_view name, std::string_view text, std::vector<std::string>& out) {
    while (!text.empty()) {
      const std::string_view one = text.substr(0, text.find(' '));
      text.remove_prefix(std::min(one.size() + 1, text.size()));
      if (one.empty()) continue;
      if (!is_scope(one)) return malformed(name, "holds what is no scope");
      out.emplace_back(one);
    }
    return ok();
  }

  JsonValue root_;
};

Result<Claims> read_claims(const JsonValue& root, const ClaimRules& rules) {
  const ClaimReader reader(root);
  Claims claims;
  std::optional<std::int64_t> expires_at;
  GH_CHECK(reader.read_text("iss", claims.issuer));
  GH_CHECK(reader.read_text(rules.user_claim, claims.user));
  GH_CHECK(reader.read_text(rules.tenant_claim, claims.tenant));
  GH_CHECK(reader.read_text("jti", claims.token_id));
  GH_CHECK(reader.read_text("username", claims.username));
  GH_CHECK(reader.read_text("sid", claims.session));
  GH_CHECK(reader.read_audiences(claims.audiences));
  GH_CHECK(reader.read_scopes(rules.scope_claim, claims.scopes));
  GH_CHECK(reader.read_date("exp", expires_at));
  GH_CHECK(reader.read_date("nbf", claims.not_before));
  GH_CHECK(reader.read_date("iat", claims.issued_at));
  if (!expires_at) return token_claim_missing("exp");
  claims.expires_at = *expires_at;
  return claims;
}

// Media types compare without regard to case, and "application/" may be left out: RFC 7515, section 4.1.9.
bool same_type(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  const auto same = [&lower](std::string_view x, std::string_view y) { return std::ranges::equal(x, y, {}, lower, lower); };
  constexpr std::string_view prefix = "application/";
  for (std::string_view* type : {&a, &b}) {
    if (same(type->substr(0, prefix.size()), prefix)) type->remove_prefix(prefix.size());
  }
  return same(a, b);
}

bool is_of_type(std::optional<std::string_view> typ, const std::vector<std::string>& types) {
  return types.empty() || std::ranges::any_of(types, [&typ](std::string_view type) { return same_type(type, typ.value_or("")); });
}

bool names_one_of(const std::vector<std::string>& said, const std::vector<std::string>& wanted) {
  return std::ranges::find_first_of(said, wanted) != said.end();
}

Status check_dates(const Claims& claims, const ClaimRules& rules, std::int64_t now) {
  const std::int64_t leeway = std::clamp(rules.leeway, seconds(0), max_claim_leeway).count();
  const std::int64_t begins = std::max(claims.not_before.value_or(0), claims.issued_at.value_or(0));
  if (now >= claims.expires_at + leeway) return token_expired();
  if (now + leeway < begins) return token_not_yet_valid();
  if (claims.expires_at < begins) return malformed("exp", "lies before it was issued, or before it is valid");
  // A token that does not say when it was issued has lived for an unknown time already; what is left counts.
  const std::int64_t issued = claims.issued_at.value_or(claims.not_before.value_or(now));
  if (claims.expires_at - issued > rules.max_lifetime.count()) return token_lifetime_too_long();
  return ok();
}

}  // namespace

Result<Claims> check_claims(const VerifiedJws& token, const ClaimRules& rules, WallTime now, JsonParser& parser) {
  const Result<JsonValue> root = parser.parse(token.payload);
  if (!root) return token_claims_malformed("The token's payload cannot be read: " + root.error().public_text());
  if (!root->is_object()) return token_claims_malformed("The token's payload is no JSON object");
  GH_TRY(Claims claims, read_claims(*root, rules));
  if (!is_of_type(token.typ, rules.types)) return token_type_wrong();
  if (!rules.issuers.empty() && std::ranges::find(rules.issuers, claims.issuer) == rules.issuers.end()) return token_issuer_unknown();
  if (!rules.audiences.empty() && !names_one_of(claims.audiences, rules.audiences)) return token_audience_wrong();
  GH_CHECK(check_dates(claims, rules, unix_seconds(now)));
  return claims;
}

}  // namespace gatehouse::wire
