// identity/test_people.h — for tests: tenants, keys and signing keys without a store.
#pragma once
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gatehouse/identity/api_keys.h"
#include "gatehouse/identity/authenticator.h"
#include "gatehouse/identity/directory.h"
#include "gatehouse/identity/sealing.h"
#include "gatehouse/identity/token_issuer.h"

namespace gatehouse::identity {

inline const WallTime test_now{seconds(1'700'000'000)};
inline const store::Moment test_moment{seconds(1'700'000'000)};

inline KeyHasher test_hasher() { return *KeyHasher::make(Secret<std::string>(std::string(32, 'k'))); }

inline const Sealer& test_sealer() {
  static const Sealer sealer = *Sealer::make(Secret<std::string>(std::string(32, 's')));
  return sealer;
}

inline store::Tenant make_test_tenant(const std::string& id, std::uint32_t number) {
  store::Tenant tenant{TenantId(id)};
  tenant.number = number;
  tenant.models = {"*"};
  tenant.tasks = {"ner", "re"};
  tenant.version = 1;
  return tenant;
}

inline const std::shared_ptr<const SigningKeys>& test_signing_keys() {
  static const std::shared_ptr<const SigningKeys> keys = [] {
    SeededRandom random(99);
    const wire::JwsKey key = wire::JwsKey::generate({"test-key", wire::JwsAlgorithm::eddsa}, random).value();
    return std::make_shared<const SigningKeys>(SigningKeys{wire::JwsKeySet::make({key}).value(), key, {}});
  }();
  return keys;
}

// A directory that grows: each change is a new snapshot, which those who follow are given.
class People {
 public:
  explicit People(std::uint64_t seed = 31) : random(seed) {
    change([](Directory& first) {
      first.set_signing_keys(test_signing_keys());
      first.put(make_test_tenant("demo", 1));
      first.put(make_test_tenant("other", 2));
    });
  }

  template <class Change>
  void change(Change make) {
    auto next = std::make_shared<Directory>(*directory);
    make(*next);
    directory = std::move(next);
    if (authenticator) authenticator->follow(directory);
  }
  // From now on these, whatever they were before.
  void set_issuers(std::vector<IssuerPtr> outside) {
    auto issuers = std::make_shared<Issuers>();
    issuers->outside = std::move(outside);
    change([&issuers](Directory& to) { to.set_issuers(issuers); });
  }
  // The text of a new key; prepare may change its record.
  template <class Prepare>
  std::string add_key(const std::string& tenant, Prepare prepare) {
    KeySecret secret = make_key_secret(hasher, random);
    store::ApiKey record(KeyId(random.uuid()), TenantId(tenant));
    record.prefix = secret.prefix;
    record.digest = secret.digest;
    record.scopes = {"llm"};
    record.models = {"*"};
    record.version = 1;
    prepare(record);
    records.push_back(record);
    change([&record](Directory& to) { to.put(record); });
    return secret.text.expose();
  }
  std::string add_key(const std::string& tenant) {
    return add_key(tenant, [](store::ApiKey&) {});
  }
  std::string token(const NewToken& wanted, WallTime at = test_now) {
    return issue_token(test_signing_keys()->current, "gatehouse", wanted, random, at)->token.expose();
  }
  Authenticator& door() {
    if (!authenticator) {
      authenticator = std::make_unique<Authenticator>(AuthenticatorParts{hasher, random, directory, everybody, test_sealer()});
    }
    return *authenticator;
  }

  SeededRandom random;
  KeyHasher hasher = test_hasher();
  DirectoryPtr directory = std::make_shared<Directory>();
  std::vector<store::ApiKey> records;
  PrincipalPtr everybody;
  std::unique_ptr<Authenticator> authenticator;
};

}  // namespace gatehouse::identity
