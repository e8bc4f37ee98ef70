// engine/tensor_engine.h — a loaded tensor model that answers calls, wherever it runs: the port between gateway and engines.
// Threads  infer() on the reactor it takes, signature() from any thread
// Errors   infer: model_loading (503, with a time), model_unloaded (503, until somebody has it loaded), engine_unavailable (503, for
//          good), origin engine
#pragma once
#include <memory>

#include "gatehouse/base/result.h"
#include "gatehouse/engine/supervised.h"
#include "gatehouse/engine/tensor_call.h"
#include "gatehouse/runtime/reactor.h"

namespace gatehouse::engine {

class TensorEngine : public virtual Supervised {
 public:
  // Sends the call, whose inputs are at most wire::engine::max_assembled bytes. Its news say what came of it.
  virtual Result<std::unique_ptr<TensorCall>> infer(Reactor& reactor, const wire::engine::Infer& call) = 0;
  // What the model takes and gives, by its own word; empty before it has first been ready.
  virtual std::shared_ptr<const wire::engine::Signature> signature() const = 0;
};

}  // namespace gatehouse::engine
