// runtime/reactor.h — one thread that turns one event loop, and owns what lives on it.
// Threads  post() from any thread; everything else on the reactor's own thread, or before run() and after stop()
// Errors   an exception that escapes a spawned task is reported to on_escaped and never ends the loop
#pragma once
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "gatehouse/base/assert.h"
#include "gatehouse/base/clock.h"
#include "gatehouse/runtime/task.h"

namespace gatehouse {

class Deadline;

class Reactor {
 public:
  Reactor(int index, const Clock& clock);
  ~Reactor();
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;

  // Runs until stop(). Deadlines are looked at every tick, as long as any is armed; a reactor without one sleeps.
  void run();
  void stop();

  int index() const { return index_; }
  const Clock& clock() const { return clock_; }
  boost::asio::io_context& context() { return context_; }
  Executor executor() { return context_.get_executor(); }

  template <class F>
  void post(F&& f) {
    boost::asio::post(context_, std::forward<F>(f));
  }
  // What runs at the end of a turn.
  class Deferred {
   public:
    virtual ~Deferred() = default;
    virtual void run() = 0;
  };
  // On the reactor's thread: runs behind what the reactor does now, in order; outside of a turn it is posted. Within a turn that spares
  // a look at every socket for each step that one event leads to.
  void defer(std::unique_ptr<Deferred> what);
  template <class F>
  void defer(F f) {
    defer(std::unique_ptr<Deferred>(std::make_unique<DeferredCall<F>>(std::move(f))));
  }
  // Does the work as one turn: what it defers is done when this returns.
  template <class F>
  void turn(F&& work) {
    const Turn here(*this);
    work();
  }
  // Starts a task that nobody waits for. The task starts at once when called on the reactor's thread before or in run().
  void spawn(Task<void> task);
  // How often spawned tasks ended by an exception.
  std::uint64_t escaped() const { return escaped_; }
  std::function<void(const char* what)> on_escaped;

  // How late a deadline may be, and at most how long a reactor sleeps while any is armed. A turn at the end of which a tick is nearly due
  // does it at once: to wake for it alone would cost more than the turn.
  static constexpr milliseconds tick_interval{80}, nearly_due{24}, longest_sleep{500};
  // Fires what is due; run() calls it, tests with a fake clock call it themselves.
  void tick();
  // Those that there are, and how many of them are armed. On the reactor
  struct DeadlineCount {
    std::size_t all = 0, armed = 0;
  };
  DeadlineCount deadlines() const;

 private:
  friend class Deadline;
  template <class F>
  class DeferredCall final : public Deferred {
   public:
    explicit DeferredCall(F f) : f_(std::move(f)) {}
    void run() override { f_(); }

   private:
    F f_;
  };
  class Turn {
   public:
    explicit Turn(Reactor& reactor) : reactor_(reactor), outermost_(!std::exchange(reactor.in_turn_, true)) {}
    ~Turn() {
      if (outermost_) reactor_.end_turn();
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    Reactor& reactor_;
    const bool outermost_;
  };
  void end_turn();
  void post_turn();
  void start_ticking();
  void look_by(Instant when);

  const int index_;
  const Clock& clock_;
  boost::asio::io_context context_;
  boost::asio::executor_work_guard<Executor> work_;
  boost::asio::steady_timer ticker_;
  Deadline* deadlines_ = nullptr;  // intrusive list
  Deadline* scan_ = nullptr;       // the next one to look at while tick() runs
  Instant next_look_{};            // of the ticker, while it ticks
  bool running_ = false, ticking_ = false, in_turn_ = false, turn_posted_ = false;
  std::vector<std::unique_ptr<Deferred>> deferred_, ending_;  // ending_: what end_turn() is running
  std::uint64_t escaped_ = 0;
};

// A point in time at which something is called, to within one tick. arm() is a store and a glance, so that it may be moved
// at every request; many thousands are fine.
class Deadline {
 public:
  Deadline(Reactor& reactor, std::function<void()> due);
  ~Deadline();
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  void arm(Instant when) {
    when_ = when;
    if (!reactor_.ticking_ || when < reactor_.next_look_ - Reactor::tick_interval) reactor_.look_by(when);
  }
  void arm_in(nanoseconds wait) { arm(reactor_.clock().now() + wait); }
  // In at most so long, when all others are due who wait so too: a reactor is woken once for them.
  void arm_in_step(nanoseconds beat) {
    GH_ASSERT(beat > nanoseconds(0));
    const nanoseconds now = reactor_.clock().now().time_since_epoch();
    arm(Instant(now - now % beat + beat));
  }
  void disarm() { when_ = Instant::max(); }
  bool armed() const { return when_ != Instant::max(); }

 private:
  friend class Reactor;
  Reactor& reactor_;
  Instant when_ = Instant::max();
  std::function<void()> due_;
  Deadline* next_ = nullptr;
  Deadline* previous_ = nullptr;
};

}  // namespace gatehouse
