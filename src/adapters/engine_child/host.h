// adapters/engine_child/host.h — the engine's end of the sockets, whatever kind of model it has: takes the model, tells its state, ends
// with the front.
// Threads  run() on the child's main thread (or a thread of the front), which everything here belongs to but send_news()
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "frame_socket.h"
#include "gatehouse/adapters/engine_child/engine_host.h"
#include "gatehouse/base/clock.h"
#include "gatehouse/runtime/reactor.h"

namespace gatehouse::adapters {

class Host {
 public:
  Host(HostSockets sockets, const Clock& clock) : sockets_(std::move(sockets)), clock_(clock), reactor_(0, clock) {}
  virtual ~Host() = default;
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  // Returns when the front has gone: 0, or 1 when it broke the protocol.
  int run();

 protected:
  // Once: a load has come with its file. An Error ends the host, as below.
  virtual Status on_load(wire::engine::Body&& load, Fd&& file) = 0;
  virtual Status on_job(std::uint32_t link, wire::engine::Frame&& frame) = 0;
  // The front asks how it is: twice a second.
  virtual void look() {}
  // What is counted, into the state that is told.
  virtual void count(wire::engine::State& now) const = 0;
  // Returns when nothing computes any more. May be called again.
  virtual void stop_work() = 0;

  void publish(wire::engine::ModelState state, std::string detail);
  void tell_control(const wire::engine::Body& body) { control_->send(0, body); }
  void send_answer(std::uint32_t link, std::uint64_t job, const wire::engine::Body& body) { links_[link]->send(job, body); }
  // From any thread; a front that does not read ends the host.
  void send_news(std::uint32_t link, std::uint64_t job, const wire::engine::Body& body);
  // The same, from a thread that may wait until what was sent before has been read.
  void send_when_read(std::uint32_t link, std::uint64_t job, const wire::engine::Body& body);

  const Clock& clock() const { return clock_; }
  Reactor& reactor() { return reactor_; }

  wire::engine::State state_;

 private:
  Status on_control(wire::engine::Frame&& frame, Fd&& file);
  wire::engine::State current_state() const;
  void front_gone(const Error& why);

  HostSockets sockets_;
  const Clock& clock_;
  Reactor reactor_;
  std::shared_ptr<FrameSocket> control_;
  std::vector<std::shared_ptr<FrameSocket>> links_;
  int exit_code_ = 0;
};

}  // namespace gatehouse::adapters
