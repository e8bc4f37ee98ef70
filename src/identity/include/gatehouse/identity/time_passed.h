// identity/time_passed.h — by what time that which has expired may be forgotten: the wall clock's, as far as that can be relied on.
// Rules    what the wall clock says counts once it has held for `patience` by the steady one: a clock that is set ahead and back within
//          that, as happens above all behind a start, forgets nothing that may come again. Set back, it counts at once. Nothing stays for
//          good: twice that long behind the last time that it was set, the time that has passed is the wall clock's
// Threads  any thread
#pragma once
#include <mutex>
#include <optional>

#include "gatehouse/base/clock.h"
#include "gatehouse/store/records.h"

namespace gatehouse::identity {

// What both clocks said at one time.
struct TimeKept {
  TimeKept(WallTime wall_, Instant steady_) : wall(wall_), steady(steady_) {}
  WallTime wall;
  Instant steady;
};

class TimePassed {
 public:
  static constexpr seconds patience{15 * 60};

  // With what the clocks say now, which is remembered: the more often it is asked, the less of what a clock does it misses. The beginning
  // of 1970: nothing is known to have passed yet.
  store::Moment at(const TimeKept& now);

 private:
  // How far the wall clock is ahead of the steady one.
  std::optional<nanoseconds> relied_on_;
  std::optional<nanoseconds> least_;  // since then
  Instant since_;
  std::mutex mutex_;
};

}  // namespace gatehouse::identity
