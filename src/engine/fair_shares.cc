#include "gatehouse/engine/fair_shares.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace gatehouse::engine {

void FairShares::want(std::span<const Wanting> wanting) {
  for (auto& [tenant, account] : accounts_) account.wanted = std::exchange(account.wanting, false);
  for (const Wanting& who : wanting) accounts_.try_emplace(who.tenant, Account{present_}).first->second.wanting = true;
  present_ = std::max(present_, present());
  for (auto& [tenant, account] : accounts_) {
    if (account.wanting && !account.wanted) account.time = std::max(account.time, present_);
  }
  std::erase_if(accounts_, [this](const auto& entry) { return !entry.second.wanting && entry.second.time <= present_; });
}

double FairShares::present() const {
  double earliest = std::numeric_limits<double>::infinity(), latest = present_;
  for (const auto& [tenant, account] : accounts_) {
    latest = std::max(latest, account.time);
    if (account.wanting && account.wanted) earliest = std::min(earliest, account.time);
  }
  return std::min(earliest, latest);
}

void FairShares::charge(const Wanting& who, std::uint64_t tokens) {
  Account& account = accounts_.try_emplace(who.tenant, Account{present_}).first->second;
  account.time += static_cast<double>(tokens) / static_cast<double>(std::max(who.weight, 1U));
}

double FairShares::time_of(std::uint64_t tenant) const {
  const auto found = accounts_.find(tenant);
  return found == accounts_.end() ? present_ : found->second.time;
}

}  // namespace gatehouse::engine
