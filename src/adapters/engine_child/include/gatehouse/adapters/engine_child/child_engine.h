// adapters/engine_child/child_engine.h — a model in a supervised child that is started again, replaced, put away, brought back.
// Threads  built and destroyed by the composing thread, destroyed while reactors run once stop() has returned and each of them has done
//          what it was told until then; start() and stop() on the control reactor; load() and unload() from any thread; the Engine part
//          on any serving reactor
// Errors   a model file that is missing at the start or has changed, or a model that fails to load three times, is failed until load(); a
//          file that cannot be opened for a while, once it could be, is tried again. A child that hangs is ended like one that died
// Time     pauses before the next child: 100 ms, doubled up to 10 s, 100 ms again behind a child that lived for a minute
#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "gatehouse/adapters/engine_child/recycling.h"
#include "gatehouse/adapters/engine_child/spawner.h"
#include "gatehouse/engine/engine.h"
#include "gatehouse/engine/tensor_engine.h"
#include "gatehouse/runtime/worker_pool.h"

namespace gatehouse::adapters {

class Child;
class EngineLink;

struct ChildEngineOptions {
  wire::engine::Load load;                           // of a language model
  std::optional<wire::engine::LoadTensors> tensors;  // a tensor model instead
  // Blocks: whether there is memory for a model of that file, model_too_large where not. Null: there is. Not asked of a child that is to
  // take over from another.
  std::function<Status(const Fd&)> room_for;
  std::function<void()> room_unused;       // what room_for() found is not needed: nothing is loaded there. On the control reactor
  std::function<Result<Fd>()> open_model;  // blocks: opens the file and checks its hash
  std::function<void(const wire::engine::State&, const std::string& event)> on_state;  // on the control reactor
  std::function<void(const std::string& line)> on_output;                              // what the child writes, on the control reactor
  // Blocks: bytes that another child could have. Null: as many as it wants.
  std::function<std::uint64_t()> spare_memory;
  nanoseconds load_patience = std::chrono::minutes(10);   // a model that takes longer has failed to load
  nanoseconds hang_patience = seconds(10);                // of a step, and of an answer; 0: without end
  nanoseconds leave_patience = std::chrono::minutes(10);  // for the answers of a child that leaves
  RecycleLimits recycle;
  bool lazy = false;           // loads when somebody asks for it
  nanoseconds sleep_after{0};  // without a request it is put to sleep, and loads when somebody asks for it; 0: never
};

class ChildEngine final : public engine::Engine, public engine::TensorEngine {
 public:
  ChildEngine(Reactor& control, std::vector<Reactor*> reactors, WorkerPool& files, EngineSpawner& spawner, ChildEngineOptions options);
  ~ChildEngine() override;

  void start();
  // Ends the child; returns when it is gone. Jobs that still run are lost.
  Task<void> stop();

  Result<std::unique_ptr<engine::Job>> prepare(Reactor& reactor, const wire::engine::Prepare& prompt) override;
  Result<std::unique_ptr<engine::TensorCall>> infer(Reactor& reactor, const wire::engine::Infer& call) override;
  std::shared_ptr<const wire::engine::Signature> signature() const override;
  std::shared_ptr<const trees::TensorPredictor> native() override;
  Task<Status> until_ready(Reactor& reactor, Instant then) override;
  bool comes_soon(Reactor& reactor) override;
  bool available() const override { return holding_.load(std::memory_order_relaxed) || life() == engine::Life::ready; }
  engine::Life life() const override { return life_.load(std::memory_order_relaxed); }
  void load() override;
  void unload() override;
  wire::engine::State state() const override;
  engine::Turnover turnover() const override { return {restarts(), hangs(), recycled()}; }

  // Children that came in the place of one that had not been told to go.
  std::uint64_t restarts() const { return restarts_.load(std::memory_order_relaxed); }
  // Those of them whose child was ended because it hung.
  std::uint64_t hangs() const { return hangs_.load(std::memory_order_relaxed); }
  // Children that came in the place of one that was worn.
  std::uint64_t recycled() const { return recycled_.load(std::memory_order_relaxed); }
  pid_t child_pid() const { return pid_.load(std::memory_order_relaxed); }

 private:
  // A child that finishes what it has, and how many reactors still have jobs of it.
  struct Leaving {
    std::unique_ptr<Child> child;
    std::size_t links_left;
    Instant until;
  };
  enum class End : std::uint8_t { let_go, was_ready, never_ready };
  Task<void> supervise();
  Task<void> live();
  enum class Room : std::uint8_t { checked, known };
  Task<Result<Fd>> open_model(Room room);
  bool may_pass(const Error& why) const;
  Task<void> pause(nanoseconds time);
  Task<End> run_child(Fd model_file);
  End after_child(std::unique_ptr<Child> child, const Status& launched);
  Task<void> back_to_sleep(const Error& why);
  bool serves() const;
  Task<void> recycle(std::string why);
  Task<void> take_over(Fd model_file);
  void keep(const std::string& why);
  Task<bool> room_for_two();
  void bring_back();
  void put_away(engine::Life rest);
  void close_links();
  std::unique_ptr<Child> make_child();
  Status launch(Child& child, const Fd& model_file);
  void let_go(std::unique_ptr<Child> child);
  void emptied(std::uint64_t child);
  void end_child(std::unique_ptr<Child> child);
  void give_room_back();
  void all_have_left();
  bool has_children() const;
  void look_after_children();
  void told(const Child& child);
  void adopt(const Child& child);
  void drop_native();
  void look_at_use(const Child& child);
  void complain(std::uint64_t child, const Error& why);
  void say(const std::string& event, const std::string& detail);
  void set_state(engine::Life life, wire::engine::State state);
  void publish(engine::Life life, wire::engine::State state, const std::string& event);
  void fail_for_good(const Error& why);
  void fail_links();
  void each_link(const std::function<void(EngineLink&)>& call);
  void hold_links();
  std::function<void(std::function<void()>)> on_control();

  Reactor& control_;
  const std::vector<Reactor*> reactors_;
  WorkerPool& files_;
  EngineSpawner& spawner_;
  ChildEngineOptions options_;
  std::vector<std::shared_ptr<EngineLink>> links_;  // by reactor; used on it

  // On the control reactor.
  std::unique_ptr<Child> serving_, next_;  // next_: takes over from serving_ when it is ready
  std::vector<Leaving> leaving_;
  Signal changed_;  // something that supervise() waits for may be so
  Signal stopped_;  // supervise() has returned
  Deadline poll_;
  bool stopping_ = false, supervising_ = false, ever_ready_ = false;
  bool wanted_ = true;                      // a child is there or comes
  engine::Life rest_ = engine::Life::gone;  // what it is while none is wanted
  bool alone_ = false;                      // the next child comes when the last one has left
  int failed_loads_ = 0;
  nanoseconds back_off_{0};
  std::string worn_;  // why the child that serves should give way; empty: it need not
  Instant no_recycling_before_{}, used_at_{};
  std::uint64_t children_ = 0, calls_seen_ = 0;
  const std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);  // a complaint may come even later

  std::atomic<std::uint64_t> restarts_{0}, hangs_{0}, recycled_{0};
  std::atomic<std::uint64_t> calls_{0};  // of the child that serves, and in its place
  std::atomic<pid_t> pid_{0};
  std::atomic<bool> holding_{false};  // who comes waits
  std::atomic<engine::Life> life_{engine::Life::loading};
  mutable std::mutex mutex_;
  wire::engine::State state_;  // guarded by mutex_, like the next
  std::shared_ptr<const wire::engine::Signature> signature_ = std::make_shared<const wire::engine::Signature>();
  std::shared_ptr<const trees::TensorPredictor> native_;
};

}  // namespace gatehouse::adapters
