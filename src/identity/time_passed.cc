#include "gatehouse/identity/time_passed.h"

#include <algorithm>

namespace gatehouse::identity {

store::Moment TimePassed::at(const TimeKept& now) {
  const nanoseconds ahead = now.wall.time_since_epoch() - now.steady.time_since_epoch();
  const std::lock_guard lock(mutex_);
  if (!least_) since_ = now.steady;
  least_ = std::min(least_.value_or(ahead), ahead);
  if (relied_on_) relied_on_ = std::min(*relied_on_, ahead);
  if (now.steady - since_ >= patience) {
    relied_on_ = *least_;
    least_ = ahead;
    since_ = now.steady;
  }
  if (!relied_on_) return {};
  return store::Moment(std::chrono::floor<seconds>(now.steady.time_since_epoch() + *relied_on_));
}

}  // namespace gatehouse::identity
