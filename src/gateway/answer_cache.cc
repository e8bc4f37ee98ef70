#include "answer_cache.h"

#include <algorithm>
#include <utility>

#include "gatehouse/base/assert.h"

namespace gatehouse::gateway {

// One answer that is being made.
struct AnswerCache::Flight {
  Flight(const AnswerKey& key_, const TenantId& tenant_) : key(key_), tenant(tenant_) {}
  const AnswerKey key;
  const TenantId tenant;
  std::deque<Turn*> waiting;
  bool forgotten = false;  // nobody comes to it any more, and what it brings is not kept
};

AnswerCache::AnswerCache(std::size_t room, nanoseconds ttl) : shelves_(room, ttl) {}
AnswerCache::~AnswerCache() = default;

void AnswerCache::forget_model(std::uint32_t model) {
  const std::lock_guard lock(mutex_);
  shelves_.forget_model(model);
  for (auto one = flights_.begin(); one != flights_.end();) {
    const auto next = std::next(one);
    if (one->first.model == model) leave_alone(one);
    one = next;
  }
}

void AnswerCache::forget_tenants(const AnswerShelves::IsThere& is_there) {
  const std::lock_guard lock(mutex_);
  shelves_.forget_tenants(is_there);
  for (auto one = flights_.begin(); one != flights_.end();) {
    const auto next = std::next(one);
    if (!is_there(one->second->tenant, one->first.tenant)) leave_alone(one);
    one = next;
  }
}

AnswerCache::Count AnswerCache::count() const {
  const std::lock_guard lock(mutex_);
  return {shelves_.answers(), shelves_.bytes(), flights_.size(), shelves_.too_old(), shelves_.crowded_out()};
}

void AnswerCache::leave_alone(Flights::iterator flight) {
  flight->second->forgotten = true;
  flights_.erase(flight);
}

void AnswerCache::over(const Flight& flight) {
  if (!flight.forgotten) flights_.erase(flight.key);
}

AnswerCache::Turn::Turn(AnswerCache& cache, const AnswerKey& key, const TenantId& tenant, Asking asking, Instant now,
                        std::function<void()> wake)
    : cache_(cache), wake_(std::move(wake)) {
  const std::lock_guard lock(cache_.mutex_);
  if (asking == Asking::usual) answer_ = cache_.shelves_.find(key, now);
  if (answer_) {
    stand_ = Stand::told;
    return;
  }
  const auto running = cache_.flights_.find(key);
  if (running == cache_.flights_.end()) {
    flight_ = std::make_shared<Flight>(key, tenant);
    cache_.flights_.emplace(key, flight_);
    stand_ = Stand::makes;
  } else if (asking == Asking::usual) {
    flight_ = running->second;
    flight_->waiting.push_back(this);
    stand_ = Stand::waits;
  }
}

AnswerCache::Turn::~Turn() {
  std::function<void()> wake_next;
  {
    const std::lock_guard lock(cache_.mutex_);
    if (stand_ == Stand::waits) {
      std::erase(flight_->waiting, this);
    } else if (stand_ == Stand::makes && flight_->waiting.empty()) {
      cache_.over(*flight_);
    } else if (stand_ == Stand::makes) {
      Turn& next = *flight_->waiting.front();
      flight_->waiting.pop_front();
      next.stand_ = Stand::makes;
      wake_next = next.wake_;
    }
  }
  if (wake_next) wake_next();
}

AnswerCache::Turn::Stand AnswerCache::Turn::stand() const {
  const std::lock_guard lock(cache_.mutex_);
  return stand_;
}

AnswerPtr AnswerCache::Turn::answer() const {
  const std::lock_guard lock(cache_.mutex_);
  return answer_;
}

void AnswerCache::Turn::keep(KeptAnswer answer, Instant now) {
  const auto kept = std::make_shared<const KeptAnswer>(std::move(answer));
  Wakes wakes;
  {
    const std::lock_guard lock(cache_.mutex_);
    if (stand_ != Stand::makes) return;
    if (!flight_->forgotten) cache_.shelves_.put(flight_->key, flight_->tenant, kept, now);
    end_flight(Stand::told, kept, wakes);
  }
  for (const auto& wake : wakes) wake();
}

void AnswerCache::Turn::keep_nothing() {
  Wakes wakes;
  {
    const std::lock_guard lock(cache_.mutex_);
    if (stand_ != Stand::makes) return;
    end_flight(Stand::alone, nullptr, wakes);
  }
  for (const auto& wake : wakes) wake();
}

void AnswerCache::Turn::end_flight(Stand others, const AnswerPtr& answer, Wakes& wakes) {
  for (Turn* const other : flight_->waiting) {
    other->stand_ = others;
    other->answer_ = answer;
    wakes.push_back(other->wake_);
  }
  flight_->waiting.clear();
  cache_.over(*flight_);
  stand_ = Stand::alone;
}

}  // namespace gatehouse::gateway
