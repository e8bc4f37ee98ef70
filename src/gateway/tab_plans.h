// gateway/tab_plans.h — the plans of those who have asked of late, so that none is made for each call.
// Memory   bounded: 2,048 plans, each with up to eight sheets of some two kilobytes; when there are too many, or the directory has changed,
//          all are made anew
// Threads  its reactor
#pragma once
#include <memory>
#include <string>
#include <unordered_map>

#include "gatehouse/gateway/route.h"
#include "gatehouse/identity/principal.h"
#include "tab_plan.h"

namespace gatehouse::gateway {

// Whose calls are alike.
struct PlanFor {
  PlanFor(const identity::Principal& who, std::uint32_t model_, Action route_)
      : mark(who.mark), tenant(who.tenant_number), key(who.key_prefix), model(model_), route(route_) {}
  identity::Mark mark;
  std::uint32_t tenant, key, model;
  Action route;
  friend bool operator==(const PlanFor&, const PlanFor&) = default;
};

class TabPlans {
 public:
  // Null: it is to be made. role: of who asks, which may be another one for the same user.
  TabPlanPtr find(const PlanFor& whose, const std::string& role, std::uint64_t directory);
  void put(const PlanFor& whose, std::string role, TabPlanPtr plan);

 private:
  struct Kept {
    std::string role;
    TabPlanPtr plan;
  };
  // Marks are digests, and keys are drawn.
  struct Hash {
    std::size_t operator()(const PlanFor& one) const noexcept {
      return one.mark.high ^ (std::size_t{one.key} << 32U) ^ one.tenant ^ (std::size_t{one.model} << 8U) ^
             static_cast<std::size_t>(one.route);
    }
  };
  std::uint64_t directory_ = 0;
  std::unordered_map<PlanFor, Kept, Hash> kept_;
};

}  // namespace gatehouse::gateway
