// Moments for tests: both clocks at so long after their beginning.
#pragma once
#include <ostream>

#include "gatehouse/limits/decision.h"

namespace gatehouse::limits {

inline Moment at_ns(std::int64_t ns) { return Moment{Instant(nanoseconds(ns)), WallTime(nanoseconds(ns))}; }
inline Moment at_second(std::int64_t second) { return at_ns(second * 1'000'000'000); }
inline Wait in_seconds(std::int64_t time) { return Wait::after(seconds(time)); }

inline void PrintTo(const Wait& wait, std::ostream* out) {
  if (const auto time = wait.time()) {
    *out << time->count() << " ns";
  } else {
    *out << (wait.is_never() ? "never" : "unknown");
  }
}
inline void PrintTo(const Decision& said, std::ostream* out) {
  *out << (said.admitted ? "admit " : "refuse ") << said.remaining << ", reset ";
  PrintTo(said.reset, out);
  *out << ", retry ";
  PrintTo(said.retry, out);
}

inline Decision admit(Units remaining, Wait reset) { return Decision{true, remaining, reset, Wait()}; }
inline Decision refuse(Units remaining, Wait reset, Wait retry) { return Decision{false, remaining, reset, retry}; }

}  // namespace gatehouse::limits
