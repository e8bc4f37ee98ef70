// gateway/running.h — the answers that one reactor is making, and for whom: a credential that is withdrawn meanwhile reaches them.
// Threads  its reactor
#pragma once
#include <functional>
#include <optional>

#include "gatehouse/base/error.h"
#include "gatehouse/identity/authenticator.h"

namespace gatehouse::gateway {

class Running {
 public:
  // One answer, from when who asks is known until it is over.
  class Seat {
   public:
    Seat(Running& running, const identity::Principal& principal);
    ~Seat();
    Seat(const Seat&) = delete;
    Seat& operator=(const Seat&) = delete;

    // Why it may not go on, once it may not.
    const std::optional<Error>& refusal() const { return refusal_; }
    // Called when that has come to be; nothing: nobody waits.
    void on_refusal(std::function<void()> wake) { wake_ = std::move(wake); }

   private:
    friend class Running;
    Running& running_;
    const identity::Principal& principal_;
    std::optional<Error> refusal_;
    std::function<void()> wake_;
    Seat* next_ = nullptr;
    Seat* previous_ = nullptr;
  };

  Running() = default;
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  // The directory has changed: may they all go on?
  void review(const identity::Authenticator& authenticator, WallTime now);

 private:
  Seat* first_ = nullptr;
};

}  // namespace gatehouse::gateway
