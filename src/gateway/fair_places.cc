#include "fair_places.h"

namespace gatehouse::gateway {

std::optional<FairPlaces::Place> FairPlaces::take(std::uint32_t tenant) {
  const std::lock_guard lock(mutex_);
  const auto held = held_.find(tenant);
  if ((held == held_.end() ? 0 : held->second) >= all_ - taken_) return std::nullopt;
  ++held_[tenant];
  ++taken_;
  return Place(*this, tenant);
}

void FairPlaces::give_back(std::uint32_t tenant) {
  const std::lock_guard lock(mutex_);
  const auto held = held_.find(tenant);
  if (--held->second == 0) held_.erase(held);
  --taken_;
}

}  // namespace gatehouse::gateway
