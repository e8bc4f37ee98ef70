// adapters/engine_child/child_engine.h — a language model in a supervised child: starts it, feeds it, starts it again when it dies.
// Threads  built and destroyed by the composing thread; start() and stop() on the control reactor; the Engine part on any serving reactor
// Errors   a model file that is missing at the start or has changed, or a model that fails to load three times, is failed for good; a file
//          that cannot be opened for a while, once it could be, is tried again. A child that hangs is ended like one that died
// Time     pauses before the next child: 100 ms, doubled up to 10 s, 100 ms again behind a child that lived for a minute
#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "gatehouse/adapters/engine_child/spawner.h"
#include "gatehouse/engine/engine.h"
#include "gatehouse/runtime/worker_pool.h"

namespace gatehouse::adapters {

class ChildOutput;
class ChildWatch;
class EngineLink;
class FrameSocket;

struct ChildEngineOptions {
  wire::engine::Load load;
  std::function<Result<Fd>()> open_model;                                              // blocks: opens the file and checks its hash
  std::function<void(const wire::engine::State&, const std::string& event)> on_state;  // on the control reactor
  std::function<void(const std::string& line)> on_output;                              // what the child writes, on the control reactor
  nanoseconds load_patience = std::chrono::minutes(10);                                // a model that takes longer has failed to load
  nanoseconds hang_patience = seconds(10);                                             // of a step, and of an answer; 0: without end
};

class ChildEngine final : public engine::Engine {
 public:
  ChildEngine(Reactor& control, std::vector<Reactor*> reactors, WorkerPool& files, EngineSpawner& spawner, ChildEngineOptions options);
  ~ChildEngine() override;

  void start();
  // Ends the child; returns when it is gone. Jobs that still run are lost.
  Task<void> stop();

  Result<std::unique_ptr<engine::Job>> prepare(Reactor& reactor, const wire::engine::Prepare& prompt) override;
  Task<Status> until_ready(Reactor& reactor, Instant then) override;
  wire::engine::State state() const override;

  std::uint64_t restarts() const { return restarts_.load(std::memory_order_relaxed); }
  // Those of them whose child was ended because it hung.
  std::uint64_t hangs() const { return hangs_.load(std::memory_order_relaxed); }
  pid_t child_pid() const { return pid_.load(std::memory_order_relaxed); }

 private:
  Task<void> supervise();
  bool may_pass(const Error& why) const;
  Task<void> pause(nanoseconds time);
  Task<void> run_child(Fd model_file);
  void end_child();
  Status launch(const Fd& model_file);
  Status on_control(const wire::engine::Body& body);
  void give_up_on_child(const std::string& why);
  void look_after_child();
  wire::engine::State with_memory(wire::engine::State told) const;
  void publish(wire::engine::State state, const std::string& event);
  void fail_for_good(const Error& why);
  void fail_links();
  void each_link(const std::function<void(EngineLink&)>& call);

  Reactor& control_;
  const std::vector<Reactor*> reactors_;
  WorkerPool& files_;
  EngineSpawner& spawner_;
  ChildEngineOptions options_;
  std::vector<std::shared_ptr<EngineLink>> links_;  // by reactor; used on it

  // On the control reactor.
  std::unique_ptr<EngineProcess> process_;
  std::shared_ptr<FrameSocket> socket_;
  std::shared_ptr<ChildOutput> output_;
  std::unique_ptr<ChildWatch> watch_;
  Signal ended_;    // the child is gone or has to go, or a pause is over
  Signal stopped_;  // supervise() has returned
  Deadline poll_, load_due_;
  bool stopping_ = false, supervising_ = false, child_gone_ = false, was_ready_ = false, ever_ready_ = false;
  int failed_loads_ = 0;
  std::uint64_t child_ = 0;  // counts children, so that a late complaint does not end the next one
  std::string complaint_;    // why this one has to go
  const std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);  // a complaint may come even later

  std::atomic<std::uint64_t> restarts_{0}, hangs_{0};
  std::atomic<pid_t> pid_{0};
  mutable std::mutex mutex_;
  wire::engine::State state_;  // guarded by mutex_
};

}  // namespace gatehouse::adapters
