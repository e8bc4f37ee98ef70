// runtime/gate.h — stopping made ordinary: work enters the gate, closing it keeps new work out and waits for what is inside.
// Threads  one reactor
#pragma once
#include <cstddef>
#include <optional>
#include <utility>

#include "gatehouse/runtime/signal.h"

namespace gatehouse {

class Gate {
 public:
  explicit Gate(Reactor& reactor) : emptied_(reactor) {}

  // Held while the work runs; its destruction leaves the gate.
  class Pass {
   public:
    explicit Pass(Gate& gate) : gate_(&gate) { ++gate.inside_; }
    Pass(Pass&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)) {}
    Pass& operator=(Pass&&) = delete;
    ~Pass() {
      if (gate_ != nullptr) gate_->leave();
    }

   private:
    Gate* gate_;
  };

  // Nothing once the gate is closed.
  std::optional<Pass> enter() {
    if (closed_) return std::nullopt;
    return std::optional<Pass>(std::in_place, *this);
  }
  void shut() { closed_ = true; }
  // Shuts the gate and returns when all who were inside have left.
  Task<void> close() {
    shut();
    while (inside_ > 0) co_await emptied_.wait();
  }
  std::size_t inside() const { return inside_; }
  bool closed() const { return closed_; }

 private:
  void leave() {
    if (--inside_ == 0) emptied_.raise();
  }
  std::size_t inside_ = 0;
  bool closed_ = false;
  Signal emptied_;
};

}  // namespace gatehouse
