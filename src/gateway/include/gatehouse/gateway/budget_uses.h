// gateway/budget_uses.h — how much of a budget is gone now, as the process that serves knows it.
// Threads  any
#pragma once
#include <cstdint>
#include <string>

#include "gatehouse/limits/allowance.h"
#include "gatehouse/limits/zone.h"
#include "gatehouse/store/records.h"

namespace gatehouse::gateway {

constexpr limits::Period period_of(store::BudgetPeriod period) {
  switch (period) {
    case store::BudgetPeriod::day:
      return limits::Period::day;
    case store::BudgetPeriod::month:
      return limits::Period::month;
    case store::BudgetPeriod::total:
      break;
  }
  return limits::Period::total;
}

struct BudgetUse {
  std::int64_t spent = 0;
  std::int64_t reserved = 0;  // for calls that run now
};

class BudgetUses {
 public:
  virtual ~BudgetUses() = default;
  // In the period that is now, in the zone of its tenant, which has that number.
  virtual BudgetUse of(const store::Budget& budget, std::uint32_t tenant, const limits::Zone& zone) const = 0;
  // By which a tenant's days go, by its name: one that this machine does not know is UTC. No file is read.
  virtual const limits::Zone& zone(const std::string& name) const = 0;
};

}  // namespace gatehouse::gateway
