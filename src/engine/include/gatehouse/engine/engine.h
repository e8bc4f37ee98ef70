// engine/engine.h — a loaded language model that answers jobs, wherever it runs: the port between gateway and engines.
// Threads  every call takes the reactor it is made on
// Errors   prepare: model_loading (503, with a time), model_unloaded (503, until somebody has it loaded), engine_unavailable (503, for
//          good), origin engine
#pragma once
#include <memory>
#include <string>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/result.h"
#include "gatehouse/engine/job.h"
#include "gatehouse/engine/life.h"
#include "gatehouse/runtime/reactor.h"

namespace gatehouse::engine {

class Engine {
 public:
  virtual ~Engine() = default;

  // Sends the prompt to be rendered and counted. The job's news say what came of it.
  virtual Result<std::unique_ptr<Job>> prepare(Reactor& reactor, const wire::engine::Prepare& prompt) = 0;
  // Waits until the engine can take jobs again (after its child was lost), at most until then.
  virtual Task<Status> until_ready(Reactor& reactor, Instant then) = 0;
  // Whether who asks now does well to wait with until_ready: it sleeps, and is woken by this, or one process takes the place of another.
  virtual bool comes_soon(Reactor& reactor) = 0;

  // From any thread, like all that follows. Whether requests are answered, be it after a wait.
  virtual bool available() const = 0;
  virtual Life life() const = 0;
  // Loads what was put away or has failed; life() and state() say what comes of it. Nothing, where it is there.
  virtual void load() = 0;
  // Running answers are finished, who comes is told that it is not loaded.
  virtual void unload() = 0;
  // The last state the engine told.
  virtual wire::engine::State state() const = 0;
};

}  // namespace gatehouse::engine
