// gateway/time_limit.h — how long a request may go on: the deadline of its route, and the end of the process.
// Threads  value type
// Errors   deadline_exceeded (504), shutting_down (503)
#pragma once
#include <optional>

#include "ending.h"
#include "gatehouse/base/clock.h"
#include "gatehouse/base/error.h"
#include "pipeline.h"

namespace gatehouse::gateway {

class TimeLimit {
 public:
  TimeLimit(const Received& received, const Ending& ending)
      : until_(received.exchange().started() + received.route().deadline), ending_(ending) {}
  Instant until() const { return until_; }
  // When to look again: an end of the process is seen within a second.
  Instant next_look(Instant now) const;
  // Why it may not; nothing while it may.
  std::optional<Error> over(Instant now) const;

 private:
  const Instant until_;
  const Ending& ending_;
};

}  // namespace gatehouse::gateway
