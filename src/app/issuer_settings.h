// app/issuer_settings.h — [[auth.issuers]]: whose tokens are taken beside our own.
// Threads  value types; check_issuers() blocks on the disk
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "gatehouse/base/secret.h"
#include "gatehouse/config/reading.h"
#include "gatehouse/config/schema.h"
#include "gatehouse/wire/jose/algorithm.h"
#include "gatehouse/wire/jose/key_set.h"

namespace gatehouse::app {

struct IssuerSettings {
  std::string name, issuer;
  config::Texts audience;
  std::string jwks_file, jwks_url, ca_file, secret_file;  // empty: none
  config::Texts algorithms;                               // none: all that the keys can be for
  std::string tenant_claim = "tenant_id", user_claim = "sub", scope_claim = "scope";
  config::Texts tenants;  // none: every one
  bool legacy = false;
  std::string until;  // empty: for good
  friend bool operator==(const IssuerSettings&, const IssuerSettings&) = default;
};

config::Schema<IssuerSettings> issuer_keys();

// What no key can know alone. own: what "iss" says in our own tokens; key and rows: of which the settings were made.
struct IssuerCheck {
  const std::vector<IssuerSettings>& issuers;
  const std::string& own;
  const config::KeySpec& key;
  const config::Rows& rows;
};
void check_issuers(const IssuerCheck& given, std::vector<config::Fault>& faults);

// Of settings that are known to be right.
wire::JwsAlgorithms algorithms_of(const IssuerSettings& settings);
// The one key of an issuer with a secret.
Result<wire::JwsKeySet> secret_keys(const std::string& file);

}  // namespace gatehouse::app
