// For tests: the keys of an issuer that exists only here.
#pragma once
#include <string>
#include <vector>

#include "gatehouse/adapters/idp_oidc/jwks_source.h"
#include "gatehouse/base/random.h"

namespace gatehouse::adapters {

inline std::string jwks_of(const std::vector<std::string>& kids) {
  SeededRandom random(7517);
  std::vector<wire::JwsKey> keys;
  for (const std::string& kid : kids) keys.push_back(wire::JwsKey::generate({kid, wire::JwsAlgorithm::eddsa}, random).value());
  return wire::JwsKeySet::make(std::move(keys)).value().public_jwks();
}
inline std::vector<std::string> kids_of(const identity::KeySource::Keys& keys) {
  std::vector<std::string> kids;
  if (keys) {
    for (const wire::JwsKey& key : keys->keys()) kids.push_back(key.kid().value_or(""));
  }
  return kids;
}
inline Task<void> stop_source(JwksSource& source, bool& stopped) {
  co_await source.stop();
  stopped = true;
}

}  // namespace gatehouse::adapters
