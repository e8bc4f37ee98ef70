#include "cache_settings.h"

namespace gatehouse::app {
namespace {

constexpr std::int64_t mib_in_bytes = 1024 * 1024, seconds_a_year = std::int64_t{365} * 24 * 60 * 60;

}  // namespace

config::Schema<CacheSettings> cache_keys() {
  using S = CacheSettings;
  config::Schema<S> keys;
  keys.flag("enabled", &S::enabled,
            "Whether answers at temperature 0 are kept in memory, and told to whoever of the same tenant asks exactly the same again.");
  keys.duration("ttl", &S::ttl, {1, seconds_a_year}, "How long an answer is told again.");
  keys.size("size", &S::size, {mib_in_bytes, 1024 * 1024 * mib_in_bytes},
            "Memory for answers, of all tenants together; one answer takes an eighth of it at most.");
  return keys;
}

gateway::CacheRules cache_rules(const CacheSettings& settings) { return {settings.enabled, settings.ttl, settings.size}; }

}  // namespace gatehouse::app
