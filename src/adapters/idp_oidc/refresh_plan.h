// When to look again: after success when the set is no longer fresh, after failure soon.
// Threads  a value
#pragma once
#include <algorithm>

#include "gatehouse/base/clock.h"

namespace gatehouse::adapters {

// After a failure; each further one doubles the pause.
struct RetryPauses {
  seconds first{5}, longest{300};
};

class RefreshPlan {
 public:
  explicit RefreshPlan(RetryPauses pauses) : pauses_(pauses), pause_(pauses.first) {}

  void succeeded(Instant now, seconds fresh_for) {
    next_ = now + fresh_for;
    pause_ = pauses_.first;
  }
  void failed(Instant now) {
    next_ = now + pause_;
    pause_ = std::min(pause_ * 2, pauses_.longest);
  }
  Instant next() const { return next_; }

 private:
  const RetryPauses pauses_;
  seconds pause_;
  Instant next_{};
};

}  // namespace gatehouse::adapters
