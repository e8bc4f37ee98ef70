// gateway/time_limit.h — how long a request may go on: the deadline of its route, the end of the process, the withdrawal of what let it in.
// Threads  value type
// Errors   deadline_exceeded (504), shutting_down (503), those of a credential that is taken no more
#pragma once
#include <optional>

#include "ending.h"
#include "gatehouse/base/clock.h"
#include "gatehouse/base/error.h"
#include "pipeline.h"

namespace gatehouse::gateway {

class TimeLimit {
 public:
  TimeLimit(const Permitted& permitted, const Ending& ending) : TimeLimit(permitted.identified(), permitted.seat(), ending) {}
  TimeLimit(const Identified& identified, const Running::Seat& seat, const Ending& ending)
      : until_(identified.received().exchange().started() + identified.received().route().deadline), seat_(seat), ending_(ending) {}
  Instant until() const { return until_; }
  // When to look again: an end of the process is seen within a second.
  Instant next_look(Instant now) const;
  // Why it may not; nothing while it may.
  std::optional<Error> over(Instant now) const;

 private:
  const Instant until_;
  const Running::Seat& seat_;
  const Ending& ending_;
};

}  // namespace gatehouse::gateway
