// Bytes that claim to be a key set: what is taken can be used, is told apart by name, and comes back the same from what is published of it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>
#include <string_view>

#include "gatehouse/wire/jose/jws.h"

namespace {

namespace gw = gatehouse::wire;
using gatehouse::Result;

constexpr std::string_view some_token =
    "eyJhbGciOiJFUzI1NiJ9.e30.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

void require(bool holds) {
  if (!holds) std::abort();
}

void check_published(const gw::JwsKeySet& keys) {
  const std::string published = keys.public_jwks();
  std::size_t pairs = 0;
  for (const gw::JwsKey& key : keys.keys()) pairs += key.public_jwk().has_value();
  const Result<gw::JwsKeySet> again = gw::JwsKeySet::parse(published, {.algorithms = gw::JwsAlgorithms::asymmetric()});
  if (pairs == 0) return require(again.error().reason() == "jwks_empty");
  require(again.ok() && again->keys().size() == pairs && again->ignored().empty() && again->public_jwks() == published);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const Result<gw::JwsKeySet> keys = gw::JwsKeySet::parse({reinterpret_cast<const char*>(bytes), size});
  if (!keys) {
    require(keys.error().reason().starts_with("jwks_") && keys.error().origin() == gatehouse::Origin::operator_);
    return 0;
  }
  require(!keys->keys().empty() && keys->keys().size() + keys->ignored().size() <= 100);
  std::set<std::string> names;
  for (const gw::JwsKey& key : keys->keys()) {
    require(!key.algorithms().empty());
    require(!key.kid() || names.insert(*key.kid()).second);
    require(key.can_sign() == key.algorithms().contains(gw::JwsAlgorithm::hs256));
  }
  for (const gw::IgnoredJwk& ignored : keys->ignored()) require(ignored.why.reason().starts_with("jws_key_"));
  gw::JwsVerifier verifier = gw::JwsVerifier::make(*keys).value();
  require(!verifier.verify(some_token).ok());
  check_published(*keys);
  return 0;
}
