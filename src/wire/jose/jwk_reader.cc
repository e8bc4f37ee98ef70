#include <algorithm>
#include <set>

#include "gatehouse/base/base64url.h"
#include "jose/errors.h"
#include "jose/jwk.h"
#include "jose/key_state.h"

namespace gatehouse::wire::jose {
namespace {

std::string quoted(std::string_view text) { return '"' + std::string(text) + '"'; }

Result<std::optional<std::string_view>> text_of(const JsonValue& jwk, std::string_view name) {
  const std::optional<JsonValue> member = jwk.find(name);
  if (!member) return std::optional<std::string_view>();
  if (!member->is_string())
    return key_malformed("The member " + quoted(name) + " of the key is " + std::string(describe_kind(member->kind())));
  return std::optional(member->string());
}

// The bytes of a member that must be there and not be empty.
Result<std::string> bytes_of(const JsonValue& jwk, std::string_view name) {
  GH_TRY(const std::optional<std::string_view> text, text_of(jwk, name));
  if (!text || text->empty()) return key_malformed("The key has no " + quoted(name));
  std::optional<std::string> bytes = from_base64url(*text);
  if (!bytes) return key_malformed("The member " + quoted(name) + " of the key is not base64url");
  return std::move(*bytes);
}

Result<std::optional<std::string>> kid_of(const JsonValue& jwk) {
  const std::optional<JsonValue> member = jwk.find("kid");
  if (!member) return std::optional<std::string>();
  if (!member->is_string()) return kid_bad("The kid is " + std::string(describe_kind(member->kind())));
  GH_CHECK(check_kid(member->string()));
  return std::optional(std::string(member->string()));
}

// "use" and "key_ops", where they are there, allow verifying.
Status check_purpose(const JsonValue& jwk) {
  GH_TRY(const std::optional<std::string_view> use, text_of(jwk, "use"));
  if (use && *use != "sig") return key_unsupported("The key's \"use\" is not \"sig\"");
  const std::optional<JsonValue> operations = jwk.find("key_ops");
  if (!operations) return ok();
  if (!operations->is_list()) return key_malformed("The key's \"key_ops\" is no list");
  std::set<std::string_view> seen;
  for (const JsonValue& operation : operations->items()) {
    if (!operation.is_string() || !seen.insert(operation.string()).second) {
      return key_malformed("The key's \"key_ops\" is no list of different strings");
    }
  }
  if (!seen.contains("verify")) return key_unsupported("The key's \"key_ops\" does not have \"verify\"");
  return ok();
}

struct Kind {
  std::string_view type, curve;
  JwsAlgorithms algorithms;
};
constexpr Kind kinds[] = {
    {"oct", "", JwsAlgorithm::hs256},
    {"RSA", "", JwsAlgorithms(JwsAlgorithm::rs256) | JwsAlgorithm::ps256},
    {"EC", "P-256", JwsAlgorithm::es256},
    {"OKP", "Ed25519", JwsAlgorithm::eddsa},
};

Result<Kind> kind_of(const JsonValue& jwk) {
  GH_TRY(const std::optional<std::string_view> type, text_of(jwk, "kty"));
  if (!type) return key_malformed("The key has no \"kty\"");
  for (const Kind& kind : kinds) {
    if (kind.type != *type) continue;
    if (kind.curve.empty()) return kind;
    GH_TRY(const std::optional<std::string_view> curve, text_of(jwk, "crv"));
    if (curve == kind.curve) return kind;
    return key_unsupported("Keys of kind " + quoted(*type) + " are taken with the curve " + quoted(kind.curve) + " alone");
  }
  return key_unsupported("The key is of a kind that is not used for signatures here");
}

// What the key's kind, its own "alg" and the options allow.
Result<JwsAlgorithms> algorithms_of(const JsonValue& jwk, const Kind& kind, const JwksOptions& options) {
  GH_TRY(const std::optional<std::string_view> named, text_of(jwk, "alg"));
  JwsAlgorithms allowed = kind.algorithms & options.algorithms;
  if (named) {
    const std::optional<JwsAlgorithm> algorithm = jws_algorithm(*named);
    allowed = algorithm ? allowed & *algorithm : JwsAlgorithms();
  }
  if (allowed.empty()) return key_unsupported("The key's algorithm is not allowed here, or does not go with its kind");
  return allowed;
}

Result<PKey> rsa_of(const JsonValue& jwk) {
  GH_TRY(const std::string modulus, bytes_of(jwk, "n"));
  GH_TRY(const std::string exponent, bytes_of(jwk, "e"));
  return rsa_public(modulus, exponent);
}

Result<PKey> ec_of(const JsonValue& jwk) {
  GH_TRY(const std::string x, bytes_of(jwk, "x"));
  GH_TRY(const std::string y, bytes_of(jwk, "y"));
  return ec_public(x, y);
}

Result<PKey> ed25519_of(const JsonValue& jwk) {
  GH_TRY(const std::string x, bytes_of(jwk, "x"));
  return ed25519_public(x);
}

}  // namespace

Result<JwsKey> read_jwk(const JsonValue& jwk, const JwksOptions& options) {
  const QuietErrors quiet;
  GH_TRY(std::optional<std::string> kid, kid_of(jwk));
  GH_TRY(const Kind kind, kind_of(jwk));
  GH_CHECK(check_purpose(jwk));
  GH_TRY(const JwsAlgorithms algorithms, algorithms_of(jwk, kind, options));
  if (kind.type == "oct") {
    GH_TRY(std::string secret, bytes_of(jwk, "k"));
    return admit_secret(std::move(kid), Secret<std::string>(std::move(secret)));
  }
  GH_TRY(PKey pair, kind.type == "RSA" ? rsa_of(jwk) : kind.type == "EC" ? ec_of(jwk) : ed25519_of(jwk));
  return admit_pair(std::move(kid), algorithms, std::move(pair), false);
}

}  // namespace gatehouse::wire::jose
