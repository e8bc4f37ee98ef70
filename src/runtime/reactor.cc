#include "gatehouse/runtime/reactor.h"

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
  const auto armed = [this] {
    for (const Deadline* d = deadlines_; d != nullptr; d = d->next_) {
      if (d->armed()) return true;
    }
    return false;
  };
  ticking_ = running_ && armed();
  if (!ticking_) return;
  ticker_.expires_after(tick_interval);
  ticker_.async_wait([this](boost::system::error_code failed) {
    if (failed) return;
    tick();
    start_ticking();
  });
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
