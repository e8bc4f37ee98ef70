// engine/tensor_engine.h — a loaded tensor model that answers calls, wherever it runs: the port between gateway and engines.
// Threads  infer() on the reactor it takes, signature() and native() from any thread
// Errors   infer: model_loading (503, with a time), model_unloaded (503, until somebody has it loaded), engine_unavailable (503, for
//          good), server_is_overloaded (503, with a time: large calls are still on their way), origin engine
#pragma once
#include <memory>

#include "gatehouse/base/result.h"
#include "gatehouse/engine/supervised.h"
#include "gatehouse/engine/tensor_call.h"
#include "gatehouse/runtime/reactor.h"

namespace gatehouse::trees {
class TensorPredictor;  // this port hands it through, and knows no more of it
}

namespace gatehouse::engine {

class TensorEngine : public virtual Supervised {
 public:
  // Sends the call, whose inputs are at most wire::engine::max_assembled bytes. Its news say what came of it.
  virtual Result<std::unique_ptr<TensorCall>> infer(Reactor& reactor, const wire::engine::Infer& call) = 0;
  // What the model takes and gives, by its own word; empty before it has first been ready.
  virtual std::shared_ptr<const wire::engine::Signature> signature() const = 0;
  // What computes the same here, where the model is small and of a kind that allows it, from when it is first ready until it is put away or
  // has failed; null: nothing does. Whoever asks is about to use it.
  virtual std::shared_ptr<const trees::TensorPredictor> native() { return nullptr; }
};

}  // namespace gatehouse::engine
