#include "time_limit.h"

#include <algorithm>

namespace gatehouse::gateway {

Instant TimeLimit::next_look(Instant now) const { return std::min(until_, now + seconds(1)); }

std::optional<Error> TimeLimit::over(Instant now) const {
  if (seat_.refusal()) return seat_.refusal();
  if (ending_.cut_short.load(std::memory_order_relaxed)) {
    return Error(Code::unavailable, Origin::gatehouse, "shutting_down", "The server is stopping").with_retry(Retry::after(seconds(2)));
  }
  if (now >= until_) {
    return Error(Code::deadline_exceeded, Origin::gatehouse, "deadline_exceeded", "The answer took longer than this route allows")
        .with_retry(Retry::later());
  }
  return std::nullopt;
}

}  // namespace gatehouse::gateway
