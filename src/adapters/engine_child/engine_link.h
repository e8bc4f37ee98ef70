// adapters/engine_child/engine_link.h — one reactor's way to an engine: its jobs, and what comes for them.
// Threads  one reactor
#pragma once
#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

#include "frame_socket.h"
#include "gatehouse/engine/engine.h"

namespace gatehouse::adapters {

class EngineLink final : public engine::JobChannel, public std::enable_shared_from_this<EngineLink> {
 public:
  // broken is called when the socket ends or the engine sends what it must not: the child with that number has to be ended.
  using Broken = std::function<void(std::uint64_t child, const Error& why)>;
  EngineLink(Reactor& reactor, Broken broken) : reactor_(reactor), broken_(std::move(broken)) {}
  ~EngineLink() override { detach(); }  // a job may outlive it, in the frame of a coroutine that a stopped reactor keeps

  void attach(Fd socket, std::uint64_t child);
  void set_ready();
  void detach();            // the engine is gone: every job is lost
  void fail(Error reason);  // and it will not come back

  Result<std::unique_ptr<engine::Job>> prepare(const wire::engine::Prepare& prompt);
  Task<Status> until_ready(Instant then);

  void send(JobId job, const wire::engine::Body& body) override;
  void forget(engine::Job& job) override;

 private:
  Status on_frame(wire::engine::Frame&& frame);
  Status on_event(std::uint64_t id, wire::engine::TokenEvent&& event);
  Error not_ready() const;
  void wake_waiters();

  Reactor& reactor_;
  const Broken broken_;
  std::shared_ptr<FrameSocket> socket_;
  bool ready_ = false;
  std::optional<Error> failed_;
  std::uint64_t next_job_ = 1;
  // A null job was forgotten: what still comes for it is dropped, until the engine says that it is done.
  std::unordered_map<std::uint64_t, engine::Job*> jobs_;
  std::vector<Signal*> waiters_;
};

}  // namespace gatehouse::adapters
