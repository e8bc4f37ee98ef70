// app/cache_settings.h — [cache]: whether answers are told again, for how long and how many.
// Threads  value types
#pragma once
#include "gatehouse/config/schema.h"
#include "gatehouse/gateway/cache_rules.h"

namespace gatehouse::app {

struct CacheSettings {
  bool enabled = false;
  seconds ttl = gateway::CacheRules().ttl;
  ByteCount size = gateway::CacheRules().size;
};

config::Schema<CacheSettings> cache_keys();
gateway::CacheRules cache_rules(const CacheSettings& settings);

}  // namespace gatehouse::app
