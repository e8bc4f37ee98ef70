// runtime/signal.h — lets one coroutine wait until another part of the same reactor has news for it.
// Threads  one reactor; one waiter at a time
// State    raise() before wait() is not lost: wait() then returns at once and lowers it
#pragma once
#include <memory>

#include "gatehouse/runtime/reactor.h"
#include "gatehouse/runtime/task.h"

namespace gatehouse {

class Signal {
 public:
  explicit Signal(Reactor& reactor) : reactor_(reactor) {}
  ~Signal();
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;

  Task<void> wait();
  void raise();

 private:
  template <class Handler>
  struct WaiterOf;

  Reactor& reactor_;
  std::unique_ptr<Reactor::Deferred> waiter_;
  bool raised_ = false;
};

}  // namespace gatehouse
