// adapters/engine_child/engine_link.h — one reactor's way to an engine: to the child that answers, to those that finish what they have, and
// the jobs of each.
// Threads  one reactor
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

#include "frame_socket.h"
#include "gatehouse/engine/engine.h"
#include "gatehouse/engine/tensor_engine.h"

namespace gatehouse::adapters {

class EngineLink final : public engine::JobChannel, public std::enable_shared_from_this<EngineLink> {
 public:
  struct Callbacks {
    // The socket has ended or the engine sends what it must not: the child with that number has to be ended.
    std::function<void(std::uint64_t child, const Error& why)> broken;
    // A child that has been told to leave has no job left here.
    std::function<void(std::uint64_t child)> emptied;
    std::function<void()> prepared;  // a job goes to the child that answers
  };
  EngineLink(Reactor& reactor, Callbacks callbacks) : reactor_(reactor), callbacks_(std::move(callbacks)) {}
  ~EngineLink() override { detach(); }  // a job may outlive it, in the frame of a coroutine that a stopped reactor keeps

  void attach(Fd socket, std::uint64_t child);
  // What comes goes to that child; the one before leaves: it finishes what it has.
  void set_ready(std::uint64_t child);
  // The child that answers leaves, and who comes waits for another.
  void hold();
  // The child that answers leaves, and who comes is told the reason.
  void refuse(Error reason);
  void detach(std::uint64_t child);  // it is gone: its jobs are lost
  void detach();                     // all of them
  void fail(Error reason);           // all of them, and none will come
  void revive();                     // one will come after all

  Result<std::unique_ptr<engine::Job>> prepare(const wire::engine::Prepare& prompt);
  Result<std::unique_ptr<engine::TensorCall>> infer(const wire::engine::Infer& call);
  Task<Status> until_ready(Instant then);
  // Another child will answer who waits for it.
  bool held() const { return held_ && current_ == 0; }

  void send(JobId job, const wire::engine::Body& body) override;
  void forget(JobId job) override;

 private:
  // A null job was forgotten: what still comes for it is dropped, until the engine says that it is done.
  using Jobs = std::unordered_map<std::uint64_t, engine::JobRecipient*>;
  struct Session {
    std::shared_ptr<FrameSocket> socket;
    Jobs jobs;
    bool leaving = false;
  };
  Status on_frame(std::uint64_t child, wire::engine::Frame&& frame);
  Status on_event(Jobs& jobs, std::uint64_t id, wire::engine::TokenEvent&& event);
  void begin(engine::JobRecipient& job, JobId id, const wire::engine::Body& body);
  Session* session_of(JobId job);
  void leave(std::uint64_t child);
  void tell_emptied(std::uint64_t child);
  Error not_ready() const;
  void wake_waiters();

  Reactor& reactor_;
  const Callbacks callbacks_;
  std::map<std::uint64_t, Session> sessions_;  // by child
  std::uint64_t current_ = 0;                  // the child that answers; 0: none does
  bool held_ = false;
  std::optional<Error> failed_;
  std::uint64_t next_job_ = 1;  // of all children
  std::vector<Signal*> waiters_;
};

}  // namespace gatehouse::adapters
