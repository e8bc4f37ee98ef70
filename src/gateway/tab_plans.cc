#include "tab_plans.h"

#include <utility>

namespace gatehouse::gateway {
namespace {

constexpr std::size_t most_plans = 2048;

}  // namespace

TabPlanPtr TabPlans::find(const PlanFor& whose, const std::string& role, std::uint64_t directory) {
  if (directory != directory_) {
    kept_.clear();
    directory_ = directory;
    return nullptr;
  }
  const auto found = kept_.find(whose);
  return found != kept_.end() && found->second.role == role ? found->second.plan : nullptr;
}

void TabPlans::put(const PlanFor& whose, std::string role, TabPlanPtr plan) {
  if (kept_.size() >= most_plans) kept_.clear();
  kept_.insert_or_assign(whose, Kept{std::move(role), std::move(plan)});
}

}  // namespace gatehouse::gateway
