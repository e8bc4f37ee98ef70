// engine/engine.h — a loaded language model that answers jobs, wherever it runs: the port between gateway and engines.
// Threads  every call takes the reactor it is made on
// Errors   prepare: model_loading (503, with a time), model_unloaded (503, until somebody has it loaded), engine_unavailable (503, for
//          good), server_is_overloaded (503, with a time: large prompts are still on their way), origin engine
#pragma once
#include <memory>

#include "gatehouse/base/result.h"
#include "gatehouse/engine/job.h"
#include "gatehouse/engine/supervised.h"
#include "gatehouse/runtime/reactor.h"

namespace gatehouse::engine {

class Engine : public virtual Supervised {
 public:
  // Sends the prompt to be rendered and counted. The job's news say what came of it.
  virtual Result<std::unique_ptr<Job>> prepare(Reactor& reactor, const wire::engine::Prepare& prompt) = 0;
};

}  // namespace gatehouse::engine
