#include "engine_link.h"

#include <algorithm>

namespace gatehouse::adapters {

namespace w = wire::engine;

namespace {

Error protocol_error(std::string what) { return internal_error("engine_protocol_broken", std::move(what)); }

Error engine_busy() {
  return Error(Code::unavailable, Origin::engine, "server_is_overloaded", "The model has more requests than it can hold")
      .with_retry(Retry::after(seconds(2)));
}

std::size_t bytes_of(const w::Infer& call) {
  std::size_t bytes = 0;
  for (const wire::Tensor& tensor : call.inputs) bytes += tensor.bytes.size() + tensor.name.size();
  return bytes;
}

std::size_t bytes_of(const w::Prepare& prompt) {
  std::size_t bytes = prompt.prompt.size() + prompt.schema.size() + prompt.tools.size();
  for (const w::Message& one : prompt.messages) bytes += one.content.size();
  return bytes;
}

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
  const auto opened = std::make_shared<FrameSocket>(reactor_, std::move(socket), w::Sender::engine);
  sessions_[child].socket = opened;
  opened->start(FrameSocket::Callbacks{[this, child](w::Frame&& frame, Fd&&) { return on_frame(child, std::move(frame)); },
                                       [this, child](const Error& why) {
                                         detach(child);
                                         callbacks_.broken(child, why);
                                       }});
  opened->send(0, w::Hello{static_cast<std::uint32_t>(reactor_.index())});
}

void EngineLink::set_ready(std::uint64_t child) {
  if (!sessions_.contains(child)) return;
  leave(std::exchange(current_, child));
  held_ = false;
  wake_waiters();
}

void EngineLink::hold() {
  held_ = true;
  leave(std::exchange(current_, 0U));
}

void EngineLink::refuse(Error reason) {
  failed_ = std::move(reason);
  held_ = false;
  leave(std::exchange(current_, 0U));
  wake_waiters();
}

void EngineLink::leave(std::uint64_t child) {
  const auto session = sessions_.find(child);
  if (session == sessions_.end()) return;
  session->second.leaving = true;
  tell_emptied(child);
}

void EngineLink::tell_emptied(std::uint64_t child) {
  const auto session = sessions_.find(child);
  if (session != sessions_.end() && session->second.leaving && session->second.jobs.empty()) callbacks_.emptied(child);
}

void EngineLink::detach(std::uint64_t child) {
  if (current_ == child) current_ = 0;
  auto session = sessions_.extract(child);
  if (session.empty()) return;
  session.mapped().socket->close();
  for (auto& [id, job] : session.mapped().jobs) {
    if (job != nullptr) job->lose();
  }
}

void EngineLink::detach() {
  while (!sessions_.empty()) detach(sessions_.begin()->first);
}

void EngineLink::fail(Error reason) {
  failed_ = std::move(reason);
  held_ = false;
  detach();
  wake_waiters();
}

void EngineLink::revive() { failed_.reset(); }

void EngineLink::wake_waiters() {
  for (Signal* waiter : waiters_) waiter->raise();
}

Error EngineLink::not_ready() const {
  if (failed_) return *failed_;
  return Error(Code::unavailable, Origin::engine, "model_loading", "The model is loading, try again soon")
      .with_retry(Retry::after(seconds(2)));
}

Result<std::unique_ptr<engine::Job>> EngineLink::prepare(const w::Prepare& prompt) {
  if (current_ == 0) return not_ready();
  if (!sessions_.at(current_).socket->has_room_for(bytes_of(prompt))) return engine_busy();
  const JobId id(next_job_++);
  auto job = std::make_unique<engine::Job>(reactor_, *this, id, prompt.choices);
  begin(*job, id, prompt);
  return job;
}

Result<std::unique_ptr<engine::TensorCall>> EngineLink::infer(const w::Infer& call) {
  if (current_ == 0) return not_ready();
  if (!sessions_.at(current_).socket->has_room_for(bytes_of(call))) return engine_busy();
  const JobId id(next_job_++);
  auto job = std::make_unique<engine::TensorCall>(reactor_, *this, id);
  begin(*job, id, call);
  return job;
}

void EngineLink::begin(engine::JobRecipient& job, JobId id, const w::Body& body) {
  sessions_.at(current_).jobs.emplace(id.value(), &job);
  if (callbacks_.prepared) callbacks_.prepared();
  send(id, body);
}

Task<Status> EngineLink::until_ready(Instant then) {
  const auto self = shared_from_this();  // whoever waits may outlive the engine
  Signal signal(reactor_);
  Deadline deadline(reactor_, [&signal] { signal.raise(); });
  deadline.arm(then);
  const Waiting waiting(waiters_, signal);
  while (current_ == 0 && !failed_ && reactor_.clock().now() < then) co_await signal.wait();
  co_return current_ != 0 ? ok() : Status(not_ready());
}

EngineLink::Session* EngineLink::session_of(JobId job) {
  for (auto& [child, session] : sessions_) {
    if (session.jobs.contains(job.value())) return &session;
  }
  return nullptr;
}

void EngineLink::send(JobId job, const w::Body& body) {
  if (const Session* session = session_of(job)) session->socket->send(job.value(), body);
}

void EngineLink::forget(JobId job) {
  if (Session* session = session_of(job)) session->jobs[job.value()] = nullptr;
}

Status EngineLink::on_frame(std::uint64_t child, w::Frame&& frame) {
  Jobs& jobs = sessions_.at(child).jobs;
  if (auto* batch = std::get_if<w::TokenBatch>(&frame.body)) {
    for (w::TokenEvent& event : batch->events) {
      const std::uint64_t id = event.job;
      GH_CHECK(on_event(jobs, id, std::move(event)));
    }
    return ok();
  }
  const auto found = jobs.find(frame.job);
  if (found == jobs.end()) return protocol_error("a frame for a job that does not exist");
  engine::JobRecipient* job = found->second;
  const bool over = std::holds_alternative<w::Done>(frame.body) || std::holds_alternative<w::Refused>(frame.body) ||
                    std::holds_alternative<w::Inferred>(frame.body);
  // One that is not what the job waits for ends the child, and with it the job, which is told so.
  if (job != nullptr && !job->deliver(std::move(frame.body))) return protocol_error("a frame out of order");
  if (!over) return ok();
  jobs.erase(frame.job);
  tell_emptied(child);
  return ok();
}

Status EngineLink::on_event(Jobs& jobs, std::uint64_t id, w::TokenEvent&& event) {
  const auto found = jobs.find(id);
  if (found == jobs.end()) return protocol_error("tokens for a job that does not exist");
  if (found->second != nullptr && !found->second->deliver(std::move(event))) return protocol_error("tokens beyond the grant");
  return ok();
}

}  // namespace gatehouse::adapters
