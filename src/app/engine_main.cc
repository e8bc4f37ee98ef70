#include <cstdlib>

#include "commands.h"
#include "gatehouse/adapters/engine_child/engine_host.h"
#include "gatehouse/adapters/engine_child/sandbox.h"
#include "gatehouse/adapters/engine_child/spawner.h"
#include "gatehouse/adapters/engine_child/tensor_host.h"
#include "gatehouse/adapters/llama_model.h"
#include "gatehouse/adapters/onnx_model.h"
#include "gatehouse/base/clock.h"

namespace gatehouse::app {

namespace {

void take_sockets(adapters::HostSockets& sockets, std::size_t links) {
  sockets.control = Fd(adapters::ProcessSpawner::first_descriptor);
  for (std::size_t i = 0; i < links; ++i) sockets.links.emplace_back(adapters::ProcessSpawner::first_descriptor + 1 + static_cast<int>(i));
  sockets.exit_when_front_gone = true;
}

Status shut_in() {
  adapters::SandboxOptions sandbox;
  sandbox.seccomp = sandbox.address_limit = !adapters::sanitizer_build();
  return adapters::enter_sandbox(sandbox);
}

}  // namespace

// The order is the point, of both: what must be opened is opened, then every way out is shut, and only then is a model file looked at.
int engine_llama(std::size_t links) {
  clearenv();  // the one variable was for the C library, which has read it
  const Status backends = adapters::load_cpu_backends(adapters::library_directory());
  if (!backends) return report(backends.error());
  adapters::HostWiring wiring;
  wiring.name = "llama.cpp";
  take_sockets(wiring, links);
  wiring.load = adapters::load_llama_model;
  const Status entered = shut_in();
  if (!entered) return report(entered.error());
  const SystemClock clock;
  return adapters::run_engine_host(std::move(wiring), clock);
}

int engine_onnx(std::size_t links, const std::string& library) {
  clearenv();
  const Status opened = adapters::load_onnx_runtime(library);
  if (!opened) return report(opened.error());
  adapters::TensorWiring wiring;
  wiring.name = "onnxruntime";
  take_sockets(wiring, links);
  wiring.load = adapters::load_onnx_model;
  const Status entered = shut_in();
  if (!entered) return report(entered.error());
  const SystemClock clock;
  return adapters::run_tensor_host(std::move(wiring), clock);
}

}  // namespace gatehouse::app
