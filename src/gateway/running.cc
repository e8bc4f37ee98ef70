#include "running.h"

namespace gatehouse::gateway {

Running::Seat::Seat(Running& running, const identity::Principal& principal)
    : running_(running), principal_(principal), next_(running.first_) {
  if (next_ != nullptr) next_->previous_ = this;
  running.first_ = this;
}

Running::Seat::~Seat() {
  if (next_ != nullptr) next_->previous_ = previous_;
  (previous_ != nullptr ? previous_->next_ : running_.first_) = next_;
}

// Waking only raises a signal: nobody leaves the list meanwhile.
void Running::review(const identity::Authenticator& authenticator, WallTime now) {
  for (Seat* seat = first_; seat != nullptr; seat = seat->next_) {
    if (seat->refusal_) continue;
    Status allowed = authenticator.check_again(seat->principal_, now);
    if (allowed) continue;
    seat->refusal_ = std::move(allowed).error();
    if (seat->wake_) seat->wake_();
  }
}

}  // namespace gatehouse::gateway
