// adapters/engine_child/engine_host.h — the engine's side of the socket pairs: prepares prompts, feeds the decode loop, sends its events.
// Threads  run_engine_host() on the child's main thread (or a thread of the front): it becomes the prepare thread; the decode loop gets its
//          own
// Errors   a front that breaks the protocol ends the host
// Source   docs/ARCHITECTURE.md, "The joint"
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/fd.h"
#include "gatehouse/base/result.h"
#include "gatehouse/engine/sequence_model.h"
#include "gatehouse/wire/engine/frames.h"

namespace gatehouse::adapters {

struct HostSockets {
  std::string name;                   // such as "llama.cpp 0.5.0"
  Fd control;                         // load, stats, state
  std::vector<Fd> links;              // one for each reactor of the front
  bool exit_when_front_gone = false;  // in a child: end the process at once, whatever it computes
};

struct HostWiring : HostSockets {
  std::function<Result<engine::LoadedModel>(Fd model_file, const wire::engine::Load& options)> load;
};

// Returns when the front has gone: 0, or 1 when it broke the protocol.
int run_engine_host(HostWiring wiring, const Clock& clock);

}  // namespace gatehouse::adapters
