#include <cstdlib>

#include "commands.h"
#include "gatehouse/adapters/engine_child/engine_host.h"
#include "gatehouse/adapters/engine_child/sandbox.h"
#include "gatehouse/adapters/engine_child/spawner.h"
#include "gatehouse/adapters/llama_model.h"
#include "gatehouse/base/clock.h"

namespace gatehouse::app {

// The order is the point: what must be opened is opened, then every way out is shut, and only then is a model file looked at.
int engine_llama(std::size_t links) {
  clearenv();  // the one variable was for the C library, which has read it
  const Status backends = adapters::load_cpu_backends(adapters::library_directory());
  if (!backends) return report(backends.error());
  adapters::HostWiring wiring;
  wiring.name = "llama.cpp";
  wiring.control = Fd(adapters::ProcessSpawner::first_descriptor);
  for (std::size_t i = 0; i < links; ++i) wiring.links.emplace_back(adapters::ProcessSpawner::first_descriptor + 1 + static_cast<int>(i));
  wiring.load = adapters::load_llama_model;
  wiring.exit_when_front_gone = true;
  adapters::SandboxOptions sandbox;
  sandbox.seccomp = sandbox.address_limit = !adapters::sanitizer_build();
  const Status entered = adapters::enter_sandbox(sandbox);
  if (!entered) return report(entered.error());
  const SystemClock clock;
  return adapters::run_engine_host(std::move(wiring), clock);
}

}  // namespace gatehouse::app
