// adapters/engine_child/child_watch.h — whether a child hangs: by what it answers, and by whether it answers.
// Rules    asked at intervals: a child that has answered nothing for that long, or is in one and the same step for that long, hangs. A step
//          may take twenty times what such a one usually takes, so that a slow model or machine is none. Time in which we ourselves stood
//          still (stopped, suspended) counts as two intervals: it says nothing about the child
// Threads  value type
#pragma once
#include <cstdint>
#include <string>

#include "gatehouse/base/clock.h"
#include "gatehouse/wire/engine/frames.h"

namespace gatehouse::adapters {

class ChildWatch {
 public:
  // patience: 0 is without end.
  ChildWatch(nanoseconds patience, nanoseconds interval) : patience_(patience), interval_(interval) {}

  // A new child, or one that begins to work.
  void begin(Instant now);
  // It has answered.
  void heard(const wire::engine::State& told);
  // Once an interval. Why the child has to go; empty: it does not.
  std::string look(Instant now);

 private:
  const nanoseconds patience_, interval_;
  Instant last_look_{};
  nanoseconds silent_{0};  // since its last answer
  nanoseconds in_step_{0}, usual_{0};
};

}  // namespace gatehouse::adapters
