#include "engine_link.h"

#include <algorithm>

namespace gatehouse::adapters {

namespace w = wire::engine;

namespace {

Error protocol_error(std::string what) { return internal_error("engine_protocol_broken", std::move(what)); }

// In the list for as long as the coroutine lives, however it ends.
class Waiting {
 public:
  Waiting(std::vector<Signal*>& list, Signal& signal) : list_(list), signal_(signal) { list_.push_back(&signal_); }
  ~Waiting() { std::erase(list_, &signal_); }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

 private:
  std::vector<Signal*>& list_;
  Signal& signal_;
};

}  // namespace

void EngineLink::attach(Fd socket, std::uint64_t child) {
  socket_ = std::make_shared<FrameSocket>(reactor_, std::move(socket), w::Sender::engine);
  socket_->start(FrameSocket::Callbacks{[this](w::Frame&& frame, Fd&&) { return on_frame(std::move(frame)); },
                                        [this, child](const Error& why) {
                                          detach();
                                          broken_(child, why);
                                        }});
  socket_->send(0, w::Hello{static_cast<std::uint32_t>(reactor_.index())});
}

void EngineLink::set_ready() {
  ready_ = socket_ != nullptr;
  wake_waiters();
}

void EngineLink::detach() {
  ready_ = false;
  if (socket_) std::exchange(socket_, nullptr)->close();
  for (auto& [id, job] : std::exchange(jobs_, {})) {
    if (job != nullptr) job->lose();
  }
}

void EngineLink::fail(Error reason) {
  failed_ = std::move(reason);
  detach();
  wake_waiters();
}

void EngineLink::wake_waiters() {
  for (Signal* waiter : waiters_) waiter->raise();
}

Error EngineLink::not_ready() const {
  if (failed_) return *failed_;
  return Error(Code::unavailable, Origin::engine, "model_loading", "The model is loading, try again soon")
      .with_retry(Retry::after(seconds(2)));
}

Result<std::unique_ptr<engine::Job>> EngineLink::prepare(const w::Prepare& prompt) {
  if (!ready_) return not_ready();
  const JobId id(next_job_++);
  auto job = std::make_unique<engine::Job>(reactor_, *this, id, prompt.choices);
  jobs_.emplace(id.value(), job.get());
  send(id, prompt);
  return job;
}

Task<Status> EngineLink::until_ready(Instant then) {
  const auto self = shared_from_this();  // whoever waits may outlive the engine
  Signal signal(reactor_);
  Deadline deadline(reactor_, [&signal] { signal.raise(); });
  deadline.arm(then);
  const Waiting waiting(waiters_, signal);
  while (!ready_ && !failed_ && reactor_.clock().now() < then) co_await signal.wait();
  co_return ready_ ? ok() : Status(not_ready());
}

void EngineLink::send(JobId job, const w::Body& body) {
  if (socket_) socket_->send(job.value(), body);
}

void EngineLink::forget(engine::Job& job) {
  const auto found = jobs_.find(job.id().value());
  if (found != jobs_.end()) found->second = nullptr;
}

Status EngineLink::on_frame(w::Frame&& frame) {
  if (auto* batch = std::get_if<w::TokenBatch>(&frame.body)) {
    for (w::TokenEvent& event : batch->events) {
      const std::uint64_t id = event.job;
      GH_CHECK(on_event(id, std::move(event)));
    }
    return ok();
  }
  const auto found = jobs_.find(frame.job);
  if (found == jobs_.end()) return protocol_error("a frame for a job that does not exist");
  engine::Job* job = found->second;
  if (std::holds_alternative<w::Done>(frame.body) || std::holds_alternative<w::Refused>(frame.body)) jobs_.erase(found);
  if (job != nullptr && !job->deliver(std::move(frame.body))) return protocol_error("a frame out of order");
  return ok();
}

Status EngineLink::on_event(std::uint64_t id, w::TokenEvent&& event) {
  const auto found = jobs_.find(id);
  if (found == jobs_.end()) return protocol_error("tokens for a job that does not exist");
  if (found->second != nullptr && !found->second->deliver(std::move(event))) return protocol_error("tokens beyond the grant");
  return ok();
}

}  // namespace gatehouse::adapters
