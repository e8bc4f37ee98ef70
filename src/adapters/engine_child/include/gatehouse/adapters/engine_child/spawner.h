// adapters/engine_child/spawner.h — how an engine comes to life: as a child process, or as a thread of the front for tests.
// Threads  spawn() on the control thread: the kernel ends the child when the thread that made it ends
// Errors   engine_spawn_failed
#pragma once
#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gatehouse/adapters/engine_child/engine_host.h"
#include "gatehouse/adapters/engine_child/tensor_host.h"
#include "gatehouse/base/fd.h"
#include "gatehouse/base/result.h"
#include "gatehouse/runtime/reactor.h"

namespace gatehouse::adapters {

class EngineProcess {
 public:
  virtual ~EngineProcess() = default;  // ends it, and waits for its end
  virtual void kill() = 0;
  virtual pid_t pid() const = 0;  // 0 for a thread
  // Where its standard output and error come out; once, and nothing for a thread.
  virtual Fd take_output() { return Fd(); }
};

class EngineSpawner {
 public:
  virtual ~EngineSpawner() = default;
  virtual Result<std::unique_ptr<EngineProcess>> spawn(Fd control, std::vector<Fd> links) = 0;
};

// The same binary again: `PROGRAM ARGUMENTS… --links N`, with no environment but the use of huge pages, nothing on standard input, the
// control socket at descriptor 3 and the links behind it.
class ProcessSpawner final : public EngineSpawner {
 public:
  ProcessSpawner(std::string program, std::vector<std::string> arguments)
      : program_(std::move(program)), arguments_(std::move(arguments)) {}
  Result<std::unique_ptr<EngineProcess>> spawn(Fd control, std::vector<Fd> links) override;
  static constexpr int first_descriptor = 3;

 private:
  const std::string program_;
  const std::vector<std::string> arguments_;
};

// A host on a thread: the same messages over the same sockets.
class ThreadSpawner final : public EngineSpawner {
 public:
  ThreadSpawner(decltype(HostWiring::load) load, const Clock& clock);
  ThreadSpawner(decltype(TensorWiring::load) load, const Clock& clock);
  Result<std::unique_ptr<EngineProcess>> spawn(Fd control, std::vector<Fd> links) override;

 private:
  const std::function<void(HostSockets)> run_;
};

}  // namespace gatehouse::adapters
