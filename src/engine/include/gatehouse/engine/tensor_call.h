// engine/tensor_call.h — one call of a tensor model as the front sees it.
// Threads  one reactor; the engine behind it lives elsewhere
// State    sent when it is made → inferred | refused · lost at any time, when the engine died
//          Destroying a call that has not ended cancels it.
#pragma once
#include <optional>

#include "gatehouse/engine/job_channel.h"
#include "gatehouse/runtime/signal.h"
#include "gatehouse/runtime/task.h"

namespace gatehouse::engine {

class TensorCall final : public JobRecipient {
 public:
  // What has come of it; nothing, as long as nothing has.
  struct News {
    std::optional<wire::engine::Inferred> inferred;
    std::optional<wire::engine::Refused> refused;
    bool lost = false;
  };

  TensorCall(Reactor& reactor, JobChannel& channel, JobId id) : id_(id), channel_(&channel), signal_(reactor) {}
  ~TensorCall() override;
  TensorCall(const TensorCall&) = delete;
  TensorCall& operator=(const TensorCall&) = delete;

  JobId id() const { return id_; }
  // Returns when there is news or somebody poked.
  Task<void> wait() { return signal_.wait(); }
  News take();
  // Wakes who waits, without news from the engine: the client has gone, a deadline has passed.
  void poke() { signal_.raise(); }

  // For the channel.
  [[nodiscard]] bool deliver(wire::engine::Body&& body) override;
  [[nodiscard]] bool deliver(wire::engine::TokenEvent&& event) override;
  void lose() override;

 private:
  const JobId id_;
  JobChannel* channel_;  // null when it is over
  Signal signal_;
  News news_;
};

}  // namespace gatehouse::engine
