#include "issuer_settings.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <set>
#include <utility>

#include "gatehouse/adapters/idp_oidc/jwks_source.h"
#include "gatehouse/base/base64url.h"
#include "gatehouse/config/files.h"
#include "gatehouse/wire/json/writer.h"

namespace gatehouse::app {
namespace {

constexpr std::size_t longest_name = 64, most_issuers = 100;

// It stands in revocations and logs.
std::optional<std::string> name_fault(std::string_view text) {
  const bool plain = std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  });
  if (plain && !text.empty() && text.size() <= longest_name) return std::nullopt;
  return "a name has 1 to 64 letters, digits, dots, hyphens and underscores";
}

std::optional<std::string> algorithm_fault(std::string_view text) {
  if (wire::jws_algorithm(text)) return std::nullopt;
  return "'" + std::string(text.substr(0, 32)) + "' is no algorithm for tokens; there are HS256, RS256, PS256, ES256 and EdDSA";
}

std::optional<std::string> url_fault(std::string_view text) {
  if (text.empty()) return std::nullopt;
  if (text.starts_with("http://")) return "keys are fetched over https alone: who can change them on the way can make tokens";
  const Status right = adapters::check_jwks_url(text);
  return right ? std::nullopt : std::optional(right.error().public_text());
}

std::optional<std::string> claim_fault(std::string_view text) {
  return text.empty() ? std::optional<std::string>("a claim has a name") : std::nullopt;
}

// One [[auth.issuers]] with the places of what it says.
class RowCheck {
 public:
  RowCheck(const IssuerSettings& settings, const config::Row& row, const config::KeySpec& key, std::vector<config::Fault>& faults)
      : settings_(settings), row_(row), key_(key), faults_(faults) {}

  void run(const std::string& own) {
    if (settings_.name.empty()) fault("name", "is missing: what this issuer is called in logs");
    keys();
    algorithms();
    settings_.legacy ? legacy() : named(own);
  }
  void fault(std::string_view field, const std::string& what) {
    const std::string name = key_.name + "." + std::string(field);
    const config::Place& said = row_.places[index(name)];
    faults_.emplace_back(said.source == config::Source::fallback ? row_.place : said, name, name + ": " + what);
  }

 private:
  std::size_t index(const std::string& name) const {
    return static_cast<std::size_t>(std::ranges::find(key_.fields, name, &config::KeySpec::name) - key_.fields.begin());
  }
  bool is_said(std::string_view field) const {
    return row_.places[index(key_.name + "." + std::string(field))].source != config::Source::fallback;
  }

  void keys() {
    const int sources = !settings_.jwks_file.empty() + !settings_.jwks_url.empty() + !settings_.secret_file.empty();
    if (sources == 0) fault("jwks_file", "there must be one of jwks_file, jwks_url and secret_file");
    if (sources > 1)
      fault(settings_.secret_file.empty() ? "jwks_url" : "secret_file",
            "there must be one of jwks_file, jwks_url and secret_file, not several");
    if (!settings_.ca_file.empty() && settings_.jwks_url.empty()) fault("ca_file", "vouches for the server of jwks_url, and there is none");
    if (settings_.secret_file.empty()) return;
    const Result<wire::JwsKeySet> secret = secret_keys(settings_.secret_file);
    if (!secret) fault("secret_file", secret.error().public_text());
  }
  void algorithms() {
    if (is_said("algorithms") && settings_.algorithms.empty()) fault("algorithms", "names none: no token could be taken");
    const bool secret = !settings_.secret_file.empty();
    for (const std::string& name : settings_.algorithms) {
      if ((name == "HS256") == secret) continue;
      fault("algorithms", secret ? name + " needs a key pair, and secret_file holds a secret: HS256 alone fits it"
                                 : "HS256 needs a secret, and the keys of jwks_file and jwks_url are for everybody to read");
    }
  }
  void named(const std::string& own) {
    if (settings_.issuer.empty()) fault("issuer", "is missing: what \"iss\" says in its tokens");
    if (settings_.issuer == own) fault("issuer", "'" + own + "' is what our own tokens say");
    if (settings_.audience.empty()) fault("audience", "is missing: what \"aud\" says in tokens that are meant for this server");
  }
  void legacy() {
    if (settings_.secret_file.empty()) fault("legacy", "is for tokens of HS256, with secret_file");
    if (settings_.until.empty()) fault("until", "is missing: the day from which on no token of a legacy issuer is taken");
    for (const auto& [field, said] : {std::pair("issuer", is_said("issuer")), std::pair("audience", is_said("audience"))}) {
      if (said) fault(field, "a legacy issuer's tokens do not say it");
    }
  }

  const IssuerSettings& settings_;
  const config::Row& row_;
  const config::KeySpec& key_;
  std::vector<config::Fault>& faults_;
};

// Secrets that everybody knows, because examples have them.
bool is_placeholder(std::string_view secret) {
  std::string word(secret);
  std::ranges::transform(word, word.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  constexpr std::array<std::string_view, 6> marks{"change-in-production", "change_in_production", "changeme", "change-me",
                                                  "mysecretkey",          "your-super-secret"};
  return std::ranges::any_of(marks, [&word](std::string_view mark) { return word.find(mark) != std::string::npos; });
}

}  // namespace

config::Schema<IssuerSettings> issuer_keys() {
  using S = IssuerSettings;
  config::Schema<S> keys;
  keys.text("name", &S::name, "What it is called in logs and here; no two have one name.").checked(name_fault);
  keys.text("issuer", &S::issuer, "What \"iss\" says in its tokens, to the letter.");
  keys.texts("audience", &S::audience, "What \"aud\" says in tokens that are meant for this server: one of these.").or_one();
  keys.text("jwks_file", &S::jwks_file, "A file with its public keys (a JWK set), looked at every 5 seconds.");
  keys.text("jwks_url", &S::jwks_url, "The https address where it publishes them; asked again when its answer is no longer fresh.")
      .checked(url_fault);
  keys.text("ca_file", &S::ca_file, "A file (PEM) with the authorities that vouch for that address; without, those of the system.");
  keys.secret_file("secret_file", &S::secret_file, "A file with a secret of at least 32 bytes that it shares with this server: HS256.");
  keys.texts("algorithms", &S::algorithms, "What its tokens may be signed with; unset, all that such keys can be for.")
      .checked(algorithm_fault);
  keys.text("tenant_claim", &S::tenant_claim, "The claim that names the tenant.").checked(claim_fault);
  keys.text("user_claim", &S::user_claim, "The claim that names the user.").checked(claim_fault);
  keys.text("scope_claim", &S::scope_claim,
            "The claim with the scopes: of these, a token has what its tenant has, and never platform:admin.")
      .checked(claim_fault);
  keys.texts("tenants", &S::tenants, "Tenants that its tokens may be for; unset, every one but system.").or_one();
  keys.flag("legacy", &S::legacy, "Tokens that were sold before: HS256, without iss, aud, jti and typ, up to a year long.");
  keys.day("until", &S::until, "From this day on (UTC) nothing of it is taken; a legacy issuer must have one.");
  return keys;
}

void check_issuers(const IssuerCheck& given, std::vector<config::Fault>& faults) {
  std::set<std::string> names, tokens_of;
  for (std::size_t i = 0; i < given.issuers.size(); ++i) {
    const IssuerSettings& one = given.issuers[i];
    RowCheck check(one, given.rows[i], given.key, faults);
    if (i == most_issuers) return check.fault("name", "there are more than " + std::to_string(most_issuers) + " issuers");
    check.run(given.own);
    if (!one.name.empty() && !names.insert(one.name).second) check.fault("name", "'" + one.name + "' is another one's already");
    if (!one.issuer.empty() && !tokens_of.insert(one.issuer).second) check.fault("issuer", "'" + one.issuer + "' is another one's already");
  }
}

wire::JwsAlgorithms algorithms_of(const IssuerSettings& settings) {
  if (!settings.secret_file.empty()) return wire::JwsAlgorithm::hs256;
  if (settings.algorithms.empty()) return wire::JwsAlgorithms::asymmetric();
  wire::JwsAlgorithms algorithms;
  for (const std::string& name : settings.algorithms) algorithms = algorithms | wire::jws_algorithm(name).value();
  return algorithms;
}

// As a JWK without a name: its tokens need not name their key.
Result<wire::JwsKeySet> secret_keys(const std::string& file) {
  GH_TRY(const Secret<std::string> secret, config::read_secret_file(file));
  if (is_placeholder(secret.expose())) {
    return operator_error("secret_known",
                          "the secret in '" + file + "' stands in examples, so everybody can make tokens with it: draw another one");
  }
  std::string jwk;
  wire::JsonWriter(jwk).begin_object().member("kty", "oct").member("k", to_base64url(secret.expose())).end_object();
  const Secret<std::string> hidden(std::move(jwk));
  GH_TRY(wire::JwsKeySet keys, wire::JwsKeySet::parse(hidden.expose()));
  return keys;
}

}  // namespace gatehouse::app
