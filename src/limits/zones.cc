#include "gatehouse/limits/zones.h"

#include <utility>

namespace gatehouse::limits {

// Read without the lock: nobody who asks for another one waits for the disk.
Status Zones::learn(const std::string& name) {
  {
    const std::lock_guard held(mutex_);
    if (known_.contains(name)) return ok();
  }
  Result<Zone> opened = Zone::open(name, folder_);
  auto zone = opened ? std::make_unique<const Zone>(std::move(*opened)) : nullptr;
  const std::lock_guard held(mutex_);
  known_.try_emplace(name, std::move(zone));
  return opened ? ok() : Status(opened.error());
}

const Zone& Zones::of(std::string_view name) const {
  if (name == "UTC") return Zone::utc();
  const std::lock_guard held(mutex_);
  const auto found = known_.find(name);
  return found != known_.end() && found->second ? *found->second : Zone::utc();
}

}  // namespace gatehouse::limits
