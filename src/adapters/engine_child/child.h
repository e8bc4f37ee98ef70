// adapters/engine_child/child.h — one engine, from its start to its end: the process, its control socket, its output, and what it told.
// Threads  the control reactor
// Time     a child that does not become ready in time, that answers nothing or stays in one step, has to go
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "child_output.h"
#include "child_watch.h"
#include "frame_socket.h"
#include "gatehouse/adapters/engine_child/spawner.h"

namespace gatehouse::adapters {

struct ChildPatience {
  nanoseconds load, hang;  // hang: 0 is without end
};

class Child {
 public:
  struct Callbacks {
    std::function<void(Child&)> told;  // its state is another
    std::function<void()> gone;        // it is gone or has to go; once
    ChildOutput::Line said;
  };
  static constexpr milliseconds poll_interval{500};

  // number: counts children, so that a late complaint does not end another.
  Child(std::uint64_t number, Reactor& control, ChildPatience patience, Callbacks callbacks);
  ~Child();  // ends it, and waits for its end
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // Once. Our ends of the links.
  Result<std::vector<Fd>> spawn(EngineSpawner& spawner, std::size_t links);
  // load: of one kind or the other.
  Status load(const wire::engine::Body& load, const Fd& model_file);
  // Once an interval.
  void look_after();
  // Its sockets will say that it is gone; why: what to say of it, or nothing.
  void kill(std::string why);

  std::uint64_t number() const { return number_; }
  pid_t pid() const { return process_ ? process_->pid() : 0; }
  bool ready() const { return ready_; }
  bool gone() const { return gone_; }
  bool hung() const { return hung_; }
  const std::string& complaint() const { return complaint_; }              // why it has to go, where that is known
  const wire::engine::State& state() const { return state_; }              // with its memory
  const wire::engine::Signature& signature() const { return signature_; }  // of a tensor model, once it is ready
  const std::string& plan() const { return plan_; }                        // the same as bytes that nobody has looked at; may be empty
  Instant began() const { return began_; }

 private:
  Status on_control(const wire::engine::Body& body);
  void give_up(const std::string& why);

  const std::uint64_t number_;
  Reactor& control_;
  const ChildPatience patience_;
  const Callbacks callbacks_;
  const Instant began_;
  std::unique_ptr<EngineProcess> process_;
  std::shared_ptr<FrameSocket> socket_;
  std::shared_ptr<ChildOutput> output_;
  ChildWatch watch_;
  Deadline load_due_;
  bool ready_ = false, gone_ = false, hung_ = false;
  std::uint64_t grown_bytes_ = 0;  // what it takes in the end; 0: it took all of that before it was ready
  std::string complaint_;
  wire::engine::State state_;
  wire::engine::Signature signature_;
  std::string plan_;
};

}  // namespace gatehouse::adapters
