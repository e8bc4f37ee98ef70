// adapters/engine_child/tensor_host.h — the engine's side of the socket pairs for a tensor model: takes calls, has them computed one after
// the other, sends what came of them.
// Threads  run_tensor_host() on the child's main thread (or a thread of the front), which reads; the model gets a thread of its own
// Errors   a front that breaks the protocol ends the host
#pragma once
#include <functional>
#include <memory>

#include "gatehouse/adapters/engine_child/engine_host.h"
#include "gatehouse/base/clock.h"
#include "gatehouse/base/fd.h"
#include "gatehouse/base/result.h"
#include "gatehouse/engine/tensor_model.h"
#include "gatehouse/wire/engine/frames.h"

namespace gatehouse::adapters {

struct TensorWiring : HostSockets {
  std::function<Result<std::unique_ptr<engine::TensorModel>>(Fd model_file, const wire::engine::LoadTensors& load)> load;
};

// Returns when the front has gone: 0, or 1 when it broke the protocol.
int run_tensor_host(TensorWiring wiring, const Clock& clock);

}  // namespace gatehouse::adapters
