// gateway/budget_uses.h — how much of a budget is gone now, as the process that serves knows it.
// Threads  any
#pragma once
#include <cstdint>
#include <string>

#include "gatehouse/limits/zone.h"
#include "gatehouse/store/records.h"

namespace gatehouse::gateway {

struct BudgetUse {
  std::int64_t spent = 0;
  std::int64_t reserved = 0;  // for calls that run now
};

class BudgetUses {
 public:
  virtual ~BudgetUses() = default;
  // In the period that is now, in the zone of its tenant.
  virtual BudgetUse of(const store::Budget& budget, const limits::Zone& zone) const = 0;
  // UTC where the machine does not know it. The first time it reads a file, and may block: whoever gives a tenant a zone asks on a worker
  virtual const limits::Zone& zone_named(const std::string& name) const = 0;
};

}  // namespace gatehouse::gateway
