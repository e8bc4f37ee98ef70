// engine/job_channel.h — the two ends between which the frames of one job go: who waits for its news, and the way to the engine.
// Threads  one reactor; the engine behind it lives elsewhere
#pragma once
#include "gatehouse/base/strong.h"
#include "gatehouse/wire/engine/frames.h"

namespace gatehouse::engine {

// The way to the engine, as a job needs it. send() never blocks.
class JobChannel {
 public:
  virtual ~JobChannel() = default;
  virtual void send(JobId job, const wire::engine::Body& body) = 0;
  // Nobody waits for its news any more; what still comes for it is dropped.
  virtual void forget(JobId job) = 0;
};

// Who waits for the news of a job.
class JobRecipient {
 public:
  virtual ~JobRecipient() = default;
  // False: the engine broke the protocol.
  [[nodiscard]] virtual bool deliver(wire::engine::Body&& body) = 0;
  [[nodiscard]] virtual bool deliver(wire::engine::TokenEvent&& event) = 0;
  // The engine died: nothing more will come.
  virtual void lose() = 0;
};

}  // namespace gatehouse::engine
