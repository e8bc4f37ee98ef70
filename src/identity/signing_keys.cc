#include "gatehouse/identity/signing_keys.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace gatehouse::identity {
namespace {

SealedPlace place_of(const std::string& kid) { return {SealedPlace::signing_key, kid}; }

Error damaged(const std::string& kid) {
  return operator_error("signing_key_damaged", "the signing key '" + kid +
                                                   "' cannot be opened: it was changed, or the master key is not the one that it "
                                                   "was made with; put both back from one backup");
}

Result<wire::JwsKey> open_key(const store::SigningKey& kept, const Sealer& sealer) {
  const std::optional<wire::JwsAlgorithm> algorithm = wire::jws_algorithm(kept.algorithm);
  if (!algorithm) return damaged(kept.kid);
  const Result<Secret<std::string>> der = sealer.open(kept.sealed_private, place_of(kept.kid));
  if (!der) return damaged(kept.kid).with_detail(der.error().describe());
  if (*algorithm == wire::JwsAlgorithm::hs256) return wire::JwsKey::from_secret(kept.kid, *der);
  return wire::JwsKey::from_private_der({kept.kid, *algorithm}, *der);
}

Result<wire::JwsKey> make_key(const std::string& kid, const NewSigningKey& wanted, RandomSource& random) {
  if (wanted.secret) return wire::JwsKey::from_secret(kid, *wanted.secret);
  return wire::JwsKey::generate({kid, wanted.algorithm}, random);
}

}  // namespace

Result<store::SigningKey> make_signing_key(const NewSigningKey& wanted, const Sealer& sealer, RandomSource& random, WallTime now) {
  store::SigningKey kept(random.hex(16), std::string(to_string(wanted.algorithm)));
  GH_TRY(const wire::JwsKey key, make_key(kept.kid, wanted, random));
  GH_TRY(const Secret<std::string> der, key.private_der());
  kept.sealed_private = sealer.seal(der, place_of(kept.kid), random);
  kept.public_jwk = key.public_jwk().value_or("{}");  // a secret has no public half
  kept.created = std::chrono::floor<seconds>(now);
  return kept;
}

Result<SigningKeys> open_signing_keys(const std::vector<store::SigningKey>& kept, const Sealer& sealer, store::Moment now) {
  std::vector<wire::JwsKey> keys;
  std::optional<wire::JwsKey> current;
  std::optional<store::Moment> next_retirement;
  for (const store::SigningKey& one : kept) {
    if (one.retires && *one.retires <= now) continue;
    if (one.retires) next_retirement = std::min(next_retirement.value_or(*one.retires), *one.retires);
    GH_TRY(wire::JwsKey key, open_key(one, sealer));
    if (!one.retires) current = key;
    keys.push_back(std::move(key));
  }
  if (!current) return operator_error("signing_key_missing", "the store holds no key to sign tokens with: put it back from a backup");
  GH_TRY(wire::JwsKeySet all, wire::JwsKeySet::make(std::move(keys)));
  return SigningKeys{std::move(all), std::move(*current), next_retirement};
}

}  // namespace gatehouse::identity
