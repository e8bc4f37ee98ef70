#include "gatehouse/identity/nonces.h"

#include <utility>

#include "admission.h"

namespace gatehouse::identity {
namespace {

Error digest_mismatch() {
  return refused("digest_mismatch", "The body is not the one that Content-Digest is of").with_param("content-digest");
}
Error replayed() {
  return refused("signature_replayed", "A request with this nonce has been taken already: sign each with another one").with_param("nonce");
}
Error too_many_signed() {
  return Error(Code::unavailable, Origin::gatehouse, "server_is_overloaded",
               "Too many signed requests at the moment, please try again later")
      .with_retry(Retry::after(seconds(30)));
}

Error too_many_of_key() {
  return Error(Code::rate_limited, Origin::caller, "too_many_signed", "This API key has signed too many requests within ten minutes")
      .with_retry(Retry::after(seconds(60)));
}

}  // namespace

bool NonceShares::take(const KeyId& key, Instant now) {
  const std::int64_t stretch_now = now.time_since_epoch() / stretch;
  const std::lock_guard lock(mutex_);
  if (stretch_now != current_) {
    before_ = stretch_now == current_ + 1 ? std::exchange(taken_, {}) : std::unordered_map<KeyId, std::size_t>();
    taken_.clear();
    current_ = stretch_now;
  }
  const auto earlier = before_.find(key);
  std::size_t& taken = taken_[key];
  if (taken + (earlier == before_.end() ? 0 : earlier->second) >= most_) return false;
  ++taken;
  return true;
}

void NonceShares::give_back(const KeyId& key) {
  const std::lock_guard lock(mutex_);
  const auto found = taken_.find(key);
  if (found != taken_.end() && found->second > 0) --found->second;
}

Task<Status> Nonces::redeem(Reactor& reactor, const Principal& who, std::string_view body) const {
  if (!who.signature) co_return ok();
  const SignatureMarks& marks = *who.signature;
  if (marks.digest ? !marks.digest->holds(body) : !body.empty()) co_return digest_mismatch();
  if (who.key && !shares_.take(*who.key, clock_.now())) co_return too_many_of_key();
  const store::Moment expired_by = registry_.passed(clock_);
  const Status taken = co_await registry_.store().nonces().take(reactor, marks.nonce, expired_by, most);
  if (taken) co_return ok();
  if (who.key) shares_.give_back(*who.key);
  if (taken.error().reason() == "nonce_taken") co_return replayed();
  co_return taken.error().reason() == "too_many_nonces" ? Status(too_many_signed()) : taken;
}

}  // namespace gatehouse::identity
