// Files of time zones: whatever they hold, they are read or refused; in a zone that was read every day and month holds the moment asked
// for.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "gatehouse/limits/allowance.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  namespace limits = gatehouse::limits;
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  limits::parse_yearly_rule(text);
  const auto zone = limits::Zone::parse(text);
  if (!zone) return 0;
  for (std::int64_t at = -2'000'000'000; at < 5'000'000'000; at += 123'456'789) {
    for (const auto period : {limits::Period::day, limits::Period::month}) {
      const auto when = limits::period_at(period, *zone, gatehouse::WallTime(gatehouse::seconds(at)));
      require(when.begins <= at && at < when.ends);
    }
  }
  return 0;
}
