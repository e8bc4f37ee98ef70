#include "gatehouse/runtime/reactor.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>

namespace gatehouse {

Reactor::Reactor(int index, const Clock& clock)
    : index_(index), clock_(clock), context_(1), work_(context_.get_executor()), ticker_(context_) {}
Reactor::~Reactor() = default;

void Reactor::run() {
  running_ = true;
  start_ticking();
  context_.run();
}

void Reactor::stop() { context_.stop(); }

void Reactor::spawn(Task<void> task) {
  auto report = [this](std::exception_ptr failure) {
    if (!failure) return;
    ++escaped_;
    try {
      std::rethrow_exception(failure);
    } catch (const std::exception& e) {
      if (on_escaped) on_escaped(e.what());
    } catch (...) {
      if (on_escaped) on_escaped("unknown exception");
    }
  };
  boost::asio::co_spawn(context_.get_executor(), std::move(task), report);
}

void Reactor::start_ticking() {
  Instant first = Instant::max();
  for (const Deadline* d = deadlines_; d != nullptr; d = d->next_) first = std::min(first, d->when_);
  ticking_ = running_ && first != Instant::max();
  if (!ticking_) return;
  const Instant now = clock_.now();
  const nanoseconds until = first > now ? first - now : nanoseconds(0);
  const nanoseconds sleep = std::clamp<nanoseconds>(until, tick_interval, longest_sleep);
  next_look_ = now + sleep;
  ticker_.expires_after(sleep);
  ticker_.async_wait([this](boost::system::error_code failed) {
    if (failed) return;
    tick();
    start_ticking();
  });
}

// A look that is due sooner stays: who arms again and again must not put off what others wait for.
void Reactor::look_by(Instant when) {
  if (ticking_ && next_look_ <= std::max(when, clock_.now() + tick_interval)) return;
  start_ticking();
}

void Reactor::defer(std::unique_ptr<Deferred> what) {
  deferred_.push_back(std::move(what));
  if (!in_turn_) post_turn();
}

void Reactor::post_turn() {
  if (std::exchange(turn_posted_, true)) return;
  post([this] {
    turn_posted_ = false;
    turn([] {});
  });
}

// What is deferred meanwhile is done too, unless there is no end of it: sockets have their turn as well.
void Reactor::end_turn() {
  constexpr int rounds = 16;
  for (int round = 0; round < rounds && !deferred_.empty(); ++round) {
    ending_.swap(deferred_);
    for (const std::unique_ptr<Deferred>& one : ending_) one->run();
    ending_.clear();
  }
  in_turn_ = false;
  if (!deferred_.empty()) post_turn();
  if (!ticking_ || clock_.now() < next_look_ - nearly_due) return;
  tick();
  start_ticking();
}

void Reactor::tick() {
  const Instant now = clock_.now();
  for (scan_ = deadlines_; scan_ != nullptr;) {
    Deadline* d = scan_;
    scan_ = d->next_;  // a callback may destroy any deadline, this one included
    if (d->when_ > now) continue;
    d->disarm();
    d->due_();
  }
}

Reactor::DeadlineCount Reactor::deadlines() const {
  DeadlineCount count;
  for (const Deadline* d = deadlines_; d != nullptr; d = d->next_) {
    ++count.all;
    if (d->armed()) ++count.armed;
  }
  return count;
}

Deadline::Deadline(Reactor& reactor, std::function<void()> due) : reactor_(reactor), due_(std::move(due)) {
  next_ = reactor_.deadlines_;
  if (next_ != nullptr) next_->previous_ = this;
  reactor_.deadlines_ = this;
}

Deadline::~Deadline() {
  if (reactor_.scan_ == this) reactor_.scan_ = next_;
  if (next_ != nullptr) next_->previous_ = previous_;
  (previous_ != nullptr ? previous_->next_ : reactor_.deadlines_) = next_;
}

}  // namespace gatehouse
