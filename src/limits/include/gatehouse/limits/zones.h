// limits/zones.h — the time zones that days here go by, each read once.
// Threads  any; learn() reads files, of() never does
// Errors   as Zone::open()
#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "gatehouse/base/result.h"
#include "gatehouse/limits/zone.h"

namespace gatehouse::limits {

class Zones {
 public:
  explicit Zones(std::string folder = "/usr/share/zoneinfo") : folder_(std::move(folder)) {}

  // The zone of that name is known afterwards; one that cannot be read is UTC from then on. The error comes once.
  Status learn(const std::string& name);
  // UTC where it was not learned. It lives as long as this does.
  const Zone& of(std::string_view name) const;

 private:
  const std::string folder_;
  mutable std::mutex mutex_;
  std::map<std::string, std::unique_ptr<const Zone>, std::less<>> known_;  // null: it cannot be read
};

}  // namespace gatehouse::limits
