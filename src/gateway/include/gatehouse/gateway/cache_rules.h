// gateway/cache_rules.h — whether answers are kept in memory for those who ask the same again, how many and for how long.
// Threads  value type
#pragma once
#include "gatehouse/base/clock.h"
#include "gatehouse/base/strong.h"

namespace gatehouse::gateway {

struct CacheRules {
  bool on = false;
  seconds ttl{3600};
  ByteCount size = mib(64);  // of all answers together
};

}  // namespace gatehouse::gateway
