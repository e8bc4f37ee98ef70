// runtime/per_reactor.h — an immutable snapshot, one reference a reactor, replaced as a whole.
// Threads  publish() from the control thread; get() on the reactor it is asked for
#pragma once
#include <memory>
#include <vector>

#include "gatehouse/runtime/reactor.h"

namespace gatehouse {

template <class T>
class PerReactor {
 public:
  PerReactor(std::vector<Reactor*> reactors, std::shared_ptr<const T> first)
      : reactors_(std::move(reactors)), slots_(std::make_shared<Slots>(reactors_.size(), first)) {}

  const std::shared_ptr<const T>& get(const Reactor& reactor) const { return (*slots_)[static_cast<std::size_t>(reactor.index())]; }
  void publish(std::shared_ptr<const T> next) {
    for (Reactor* r : reactors_) r->post([slots = slots_, next, i = static_cast<std::size_t>(r->index())] { (*slots)[i] = next; });
  }

 private:
  using Slots = std::vector<std::shared_ptr<const T>>;
  std::vector<Reactor*> reactors_;
  std::shared_ptr<Slots> slots_;
};

}  // namespace gatehouse
