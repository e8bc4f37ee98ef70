#include "gatehouse/adapters/engine_child/spawner.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <thread>

namespace gatehouse::adapters {
namespace {

class ChildProcess final : public EngineProcess {
 public:
  ChildProcess(pid_t pid, Fd output) : pid_(pid), output_(std::move(output)) {}
  ~ChildProcess() override {
    kill();
    int status;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
  }
  // Not reaped before the destructor, so the number cannot belong to another process.
  void kill() override { ::kill(pid_, SIGKILL); }
  pid_t pid() const override { return pid_; }
  Fd take_output() override { return std::move(output_); }

 private:
  const pid_t pid_;
  Fd output_;
};

class HostThread final : public EngineProcess {
 public:
  explicit HostThread(std::function<void()> run) : thread_(std::move(run)) {}
  ~HostThread() override { thread_.join(); }
  void kill() override {}  // it ends when its sockets are closed
  pid_t pid() const override { return 0; }

 private:
  std::thread thread_;
};

struct FileActions {
  FileActions() { posix_spawn_file_actions_init(&value); }
  ~FileActions() { posix_spawn_file_actions_destroy(&value); }
  posix_spawn_file_actions_t value;
};

struct Attributes {
  Attributes() { posix_spawnattr_init(&value); }
  ~Attributes() { posix_spawnattr_destroy(&value); }
  posix_spawnattr_t value;
};

Error not_started(int error) {
  return operator_error("engine_spawn_failed", "an engine cannot be started").with_detail(std::strerror(error));
}

// Standard output and error come out at the pipe's other end: what an engine says is for the log, in the log's form.
void wire_standard_descriptors(FileActions& actions, const Fd& output) {
  posix_spawn_file_actions_addopen(&actions.value, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions.value, output.get(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions.value, output.get(), STDERR_FILENO);
}

}  // namespace

Result<std::unique_ptr<EngineProcess>> ProcessSpawner::spawn(Fd control, std::vector<Fd> links) {
  int pipe_ends[2];
  if (pipe2(pipe_ends, O_CLOEXEC) != 0) return not_started(errno);
  Fd said(pipe_ends[0]);
  const Fd output(pipe_ends[1]);
  std::vector<int> wanted{control.get()};
  for (const Fd& link : links) wanted.push_back(link.get());
  // Out of the way of the numbers that they will get, so that no move overwrites another's source.
  std::vector<Fd> high;
  const int above = ProcessSpawner::first_descriptor + static_cast<int>(wanted.size());
  for (const int fd : wanted) {
    high.emplace_back(fcntl(fd, F_DUPFD_CLOEXEC, above));
    if (!high.back()) return not_started(errno);
  }

  FileActions actions;
  wire_standard_descriptors(actions, output);
  for (std::size_t i = 0; i < high.size(); ++i)
    posix_spawn_file_actions_adddup2(&actions.value, high[i].get(), first_descriptor + static_cast<int>(i));
  // Whatever else is open here, opened by whoever started us, is not the engine's.
  posix_spawn_file_actions_addclosefrom_np(&actions.value, above);
  Attributes attributes;
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes.value, &none);
  posix_spawnattr_setsigdefault(&attributes.value, &all);
  posix_spawnattr_setpgroup(&attributes.value, 0);  // a Ctrl-C at the terminal is for the front, which then drains
  posix_spawnattr_setflags(&attributes.value, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);

  std::vector<std::string> arguments = arguments_;
  arguments.insert(arguments.begin(), program_);
  arguments.push_back("--links");
  arguments.push_back(std::to_string(links.size()));
  std::vector<char*> argv;
  for (std::string& a : arguments) argv.push_back(a.data());
  argv.push_back(nullptr);
  // Nothing of ours: only that large buffers take huge pages. Clearing a KV cache page by page is half of a start.
  std::string huge_pages = "GLIBC_TUNABLES=glibc.malloc.hugetlb=1";
  char* environment[] = {huge_pages.data(), nullptr};
  pid_t pid = -1;
  const int rc = posix_spawn(&pid, program_.c_str(), &actions.value, &attributes.value, argv.data(), environment);
  if (rc != 0) return not_started(rc);
  return std::unique_ptr<EngineProcess>(std::make_unique<ChildProcess>(pid, std::move(said)));
}

ThreadSpawner::ThreadSpawner(decltype(HostWiring::load) load, const Clock& clock)
    : run_([load = std::move(load), &clock](HostSockets sockets) {
        HostWiring wiring;
        static_cast<HostSockets&>(wiring) = std::move(sockets);
        wiring.load = load;
        run_engine_host(std::move(wiring), clock);
      }) {}

ThreadSpawner::ThreadSpawner(decltype(TensorWiring::load) load, const Clock& clock)
    : run_([load = std::move(load), &clock](HostSockets sockets) {
        TensorWiring wiring;
        static_cast<HostSockets&>(wiring) = std::move(sockets);
        wiring.load = load;
        run_tensor_host(std::move(wiring), clock);
      }) {}

Result<std::unique_ptr<EngineProcess>> ThreadSpawner::spawn(Fd control, std::vector<Fd> links) {
  auto sockets = std::make_shared<HostSockets>();
  sockets->name = "thread";
  sockets->control = std::move(control);
  sockets->links = std::move(links);
  return std::unique_ptr<EngineProcess>(std::make_unique<HostThread>([sockets, run = run_] { run(std::move(*sockets)); }));
}

}  // namespace gatehouse::adapters
