#include "gatehouse/identity/key_ring.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "gatehouse/identity/token_issuer.h"

namespace gatehouse::identity {
namespace {

constexpr std::size_t keys_at_once = 1000;

Status check_overlap(seconds overlap) {
  if (overlap >= seconds(0) && overlap <= longest_token_lifetime) return ok();
  return caller_error("overlap_invalid", "An overlap has at most 366 days").with_param("overlap");
}

Error too_many() {
  return Error(Code::conflict, Origin::caller, "too_many_signing_keys",
               "There are " + std::to_string(KeyRing::most_keys) +
                   " signing keys already: wait until one retires, or let the others retire sooner with a short overlap");
}

bool signs_as(const wire::JwsKey& key, const NewSigningKey& wanted) {
  if (key.algorithms().only() != wanted.algorithm) return false;
  if (!wanted.secret) return true;
  const Result<Secret<std::string>> secret = key.private_der();
  return secret && secret->expose() == wanted.secret->expose();
}

Error overloaded() { return Error(Code::unavailable, Origin::gatehouse, "server_is_overloaded", "Too many keys are being made at once"); }

}  // namespace

Task<Result<std::vector<store::SigningKey>>> KeyRing::list(Reactor& reactor) const {
  Result<std::vector<store::SigningKey>> kept = co_await registry_.store().signing_keys().all(reactor);
  if (!kept) co_return kept;
  const store::Moment moment = now();
  std::erase_if(*kept, [moment](const store::SigningKey& key) { return key.retires && *key.retires <= moment; });
  co_return kept;
}

Task<Result<seconds>> KeyRing::longest_lifetime(Reactor& reactor) const {
  seconds longest = login_lifetime_;
  TenantId after;
  for (bool more = true; more;) {
    const Result<store::Page<store::Tenant>> read = co_await registry_.store().tenants().list(reactor, after, keys_at_once);
    if (!read) co_return read.error();
    if (!read->data.empty()) after = read->data.back().id;
    more = read->has_more;
    for (const store::Tenant& tenant : read->data) longest = std::max(longest, tenant.token_lifetime);
  }
  co_return longest;
}

Task<Result<store::SigningKey>> KeyRing::make(Reactor& reactor, NewSigningKey wanted) const {
  std::function<Result<store::SigningKey>(Worker&)> make_it = [this, wanted = std::move(wanted)](Worker&) {
    return make_signing_key(wanted, sealer_, random_, clock_.wall());
  };
  auto making = makers_.run<Result<store::SigningKey>>(reactor, std::move(make_it));
  std::optional<Result<store::SigningKey>> made = co_await std::move(making);
  if (!made) co_return overloaded();
  co_return std::move(*made);
}

Task<Result<Rotation>> KeyRing::rotate(Reactor& reactor, RotationWish wish) const {
  const Status right = check_overlap(wish.overlap.value_or(seconds(0)));
  if (!right) co_return right.error();
  const Result<std::vector<store::SigningKey>> kept = co_await list(reactor);
  if (!kept) co_return kept.error();
  const bool at_once = wish.overlap == seconds(0);
  if (!at_once && kept->size() >= most_keys) co_return too_many();
  const Result<seconds> longest = co_await longest_lifetime(reactor);
  if (!longest) co_return longest.error();
  const DirectoryPtr directory = registry_.current();
  const auto current = directory->signing_keys()->current.algorithms().only();
  NewSigningKey wanted(wish.algorithm.value_or(current.value_or(wire::JwsAlgorithm::eddsa)), std::move(wish.secret));
  Result<store::SigningKey> made = co_await make(reactor, std::move(wanted));
  if (!made) co_return made.error();
  const seconds overlap = wish.overlap.value_or(*longest);
  const store::Moment moment = now();
  store::SigningKey next = *made;
  const Status rotated = co_await registry_.rotate(reactor, std::move(next), moment + overlap, moment);
  if (!rotated) co_return rotated.error();
  co_return Rotation(std::move(*made), overlap, *longest);
}

Task<Result<std::optional<Rotation>>> KeyRing::follow(Reactor& reactor, NewSigningKey wanted) const {
  const DirectoryPtr directory = registry_.current();
  if (signs_as(directory->signing_keys()->current, wanted)) co_return std::optional<Rotation>();
  RotationWish wish;
  wish.algorithm = wanted.algorithm;
  wish.secret = std::move(wanted.secret);
  Result<Rotation> rotated = co_await rotate(reactor, std::move(wish));
  if (!rotated) co_return rotated.error();
  co_return std::optional(std::move(*rotated));
}

Task<Status> KeyRing::tidy(Reactor& reactor) const {
  const DirectoryPtr directory = registry_.current();
  const std::optional<store::Moment> next = directory->signing_keys()->next_retirement;
  const store::Moment moment = now();
  if (!next || *next > moment) co_return ok();
  co_return co_await registry_.drop_retired(reactor, moment);
}

}  // namespace gatehouse::identity
