#include "gatehouse/adapters/engine_child/child_engine.h"

#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "child_output.h"
#include "child_watch.h"
#include "engine_link.h"
#include "gatehouse/telemetry/process_stats.h"

namespace gatehouse::adapters {

namespace w = wire::engine;

namespace {

constexpr milliseconds poll_interval{500};
// The first start after a child that was well comes at once; those that follow wait.
constexpr milliseconds shortest_back_off{100};
constexpr milliseconds longest_back_off{10'000};
constexpr int load_attempts = 3;

Result<std::pair<Fd, Fd>> socket_pair() {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    return operator_error("engine_spawn_failed", "no socket pair for an engine").with_detail(std::strerror(errno));
  }
  return std::pair<Fd, Fd>(Fd(ends[0]), Fd(ends[1]));
}

}  // namespace

ChildEngine::ChildEngine(Reactor& control, std::vector<Reactor*> reactors, WorkerPool& files, EngineSpawner& spawner,
                         ChildEngineOptions options)
    : control_(control),
      reactors_(std::move(reactors)),
      files_(files),
      spawner_(spawner),
      options_(std::move(options)),
      watch_(std::make_unique<ChildWatch>(options_.hang_patience, poll_interval)),
      ended_(control),
      stopped_(control),
      poll_(control,
            [this] {
              look_after_child();
              poll_.arm_in(poll_interval);
            }),
      load_due_(control, [this] {
        const auto patience = std::chrono::duration_cast<seconds>(options_.load_patience).count();
        give_up_on_child("loading took longer than " + std::to_string(patience) + " s");
      }) {
  for (Reactor* reactor : reactors_) {
    // A link that breaks means that the child must go; its control socket then says so to supervise().
    const std::weak_ptr<const bool> alive = alive_;
    links_.push_back(std::make_shared<EngineLink>(*reactor, [this, alive, &control](std::uint64_t child, const Error& why) {
      control.post([this, alive, child, broke = why] {
        if (alive.expired() || !process_ || child != child_) return;
        if (broke.reason() != "engine_gone") complaint_ = broke.describe();
        process_->kill();
      });
    }));
  }
}

// Without stop(), too, a child ends with its engine: its sockets are closed before its end is waited for.
ChildEngine::~ChildEngine() {
  if (socket_) socket_->close();
  if (output_) output_->stop();
  for (const auto& link : links_) link->detach();
}

void ChildEngine::start() {
  supervising_ = true;
  poll_.arm_in(poll_interval);
  control_.spawn(supervise());
}

Task<void> ChildEngine::stop() {
  stopping_ = true;
  child_gone_ = true;
  ended_.raise();
  while (supervising_) co_await stopped_.wait();
}

Task<void> ChildEngine::supervise() {
  milliseconds back_off{0};
  while (!stopping_) {
    const Instant began = control_.clock().now();
    std::function<Result<Fd>(Worker&)> open = [open_model = options_.open_model](Worker&) { return open_model(); };
    auto opening = files_.run<Result<Fd>>(control_, std::move(open));
    std::optional<Result<Fd>> opened = co_await std::move(opening);
    if (stopping_) break;
    if (opened && *opened) {
      co_await run_child(std::move(**opened));
    } else {
      const Error why = opened ? opened->error() : internal_error("engine_spawn_failed", "no worker to read the model file");
      if (!may_pass(why)) {
        fail_for_good(why);
        break;
      }
      publish(w::State{w::ModelState::loading, why.describe()}, "engine not started");
    }
    if (stopping_) break;
    if (failed_loads_ >= load_attempts) {
      fail_for_good(Error(Code::unavailable, Origin::engine, "engine_failed", "The model could not be loaded").with_detail(state().detail));
      break;
    }
    ++restarts_;
    if (control_.clock().now() - began > seconds(60)) back_off = milliseconds(0);
    if (!was_ready_) back_off = std::max(back_off, shortest_back_off);
    co_await pause(back_off);
    back_off = std::clamp(back_off * 2, shortest_back_off, longest_back_off);
  }
  if (stopping_) fail_links();
  supervising_ = false;
  stopped_.raise();
}

// A file that could be opened once may be again: descriptors or a disk may be away for a while. One that has changed stays changed.
bool ChildEngine::may_pass(const Error& why) const { return ever_ready_ && why.reason() != "model_file_changed"; }

// Shorter where stop() comes.
Task<void> ChildEngine::pause(nanoseconds time) {
  const Instant until = control_.clock().now() + time;
  Deadline over(control_, [this] { ended_.raise(); });
  over.arm(until);
  while (!stopping_ && control_.clock().now() < until) co_await ended_.wait();
}

Task<void> ChildEngine::run_child(Fd model_file) {
  child_gone_ = was_ready_ = false;
  complaint_.clear();
  const Status launched = launch(model_file);
  model_file.reset();
  if (launched) {
    load_due_.arm_in(options_.load_patience);
    while (!child_gone_) co_await ended_.wait();
  }
  end_child();
  if (!was_ready_) ++failed_loads_;
  if (stopping_) co_return;
  if (!launched) {
    publish(w::State{w::ModelState::loading, launched.error().describe()}, "engine not started");
    co_return;
  }
  if (complaint_.empty()) complaint_ = was_ready_ ? "the engine ended" : state().detail;
  publish(w::State{w::ModelState::loading, complaint_}, "engine ended");
}

// Whatever there is of it: a launch may have failed half way.
void ChildEngine::end_child() {
  load_due_.disarm();
  each_link([](EngineLink& link) { link.detach(); });
  if (socket_) std::exchange(socket_, nullptr)->close();
  process_.reset();
  pid_ = 0;
}

void ChildEngine::give_up_on_child(const std::string& why) {
  complaint_ = why;
  child_gone_ = true;
  ended_.raise();
}

// A thread cannot be ended: of that nothing is asked but what it counts.
void ChildEngine::look_after_child() {
  if (!socket_) return;
  socket_->send(0, w::Stats{});
  if (!was_ready_ || process_->pid() == 0) return;
  const std::string hangs = watch_->look(control_.clock().now());
  if (hangs.empty()) return;
  ++hangs_;
  process_->kill();
  give_up_on_child(hangs);
}

Status ChildEngine::launch(const Fd& model_file) {
  GH_TRY(auto control, socket_pair());
  std::vector<Fd> fronts, engines;
  for (std::size_t i = 0; i < links_.size(); ++i) {
    GH_TRY(auto pair, socket_pair());
    fronts.push_back(std::move(pair.first));
    engines.push_back(std::move(pair.second));
  }
  ++child_;
  GH_TRY(process_, spawner_.spawn(std::move(control.second), std::move(engines)));
  pid_ = process_->pid();
  if (Fd said = process_->take_output(); said) {
    output_ = ChildOutput::start(control_, std::move(said), [this](const std::string& line) {
      if (options_.on_output) options_.on_output(line);
    });
  }
  publish(w::State{w::ModelState::loading, ""}, "engine started");
  socket_ = std::make_shared<FrameSocket>(control_, std::move(control.first), w::Sender::engine);
  socket_->start(
      FrameSocket::Callbacks{[this](w::Frame&& frame, Fd&&) { return on_control(frame.body); },
                             [this](const Error& why) { give_up_on_child(why.reason() == "engine_gone" ? complaint_ : why.describe()); }});
  for (std::size_t i = 0; i < links_.size(); ++i) {
    reactors_[i]->post(
        [link = links_[i], child = child_, fd = std::make_shared<Fd>(std::move(fronts[i]))] { link->attach(std::move(*fd), child); });
  }
  if (!socket_->send_with(0, options_.load, model_file)) return operator_error("engine_spawn_failed", "the engine does not take its model");
  return ok();
}

Status ChildEngine::on_control(const w::Body& body) {
  const auto* told = std::get_if<w::State>(&body);
  if (told == nullptr && std::holds_alternative<w::HelloBack>(body)) return ok();
  if (told == nullptr) return internal_error("engine_protocol_broken", "a frame that is not for the control socket");
  const bool becomes_ready = told->state == w::ModelState::ready && !was_ready_;
  if (becomes_ready) watch_->begin(control_.clock().now());
  watch_->heard(*told);
  publish(with_memory(*told), becomes_ready ? "model ready" : told->state == w::ModelState::failed ? "model failed" : "");
  if (becomes_ready) {
    was_ready_ = ever_ready_ = true;
    failed_loads_ = 0;
    load_due_.disarm();
    each_link([](EngineLink& link) { link.set_ready(); });
  }
  if (told->state == w::ModelState::failed) give_up_on_child(told->detail);
  return ok();
}

// The sandbox allows a child no look into /proc; a thread's memory is the front's.
w::State ChildEngine::with_memory(w::State told) const {
  const pid_t pid = process_ ? process_->pid() : 0;
  if (pid == 0) return told;
  const Result<std::uint64_t> resident = telemetry::resident_bytes(pid);
  if (resident) told.rss_bytes = *resident;
  return told;
}

void ChildEngine::publish(w::State state, const std::string& event) {
  {
    const std::lock_guard lock(mutex_);
    state_ = state;
  }
  if (!event.empty() && options_.on_state) options_.on_state(state, event);
}

void ChildEngine::fail_for_good(const Error& why) {
  publish(w::State{w::ModelState::failed, why.describe()}, "model failed for good");
  fail_links();
}

void ChildEngine::fail_links() {
  Error told(Code::unavailable, Origin::engine, "engine_unavailable", "The model is not available");
  each_link([told](EngineLink& link) { link.fail(told); });
}

void ChildEngine::each_link(const std::function<void(EngineLink&)>& call) {
  for (std::size_t i = 0; i < links_.size(); ++i) {
    reactors_[i]->post([link = links_[i], call] { call(*link); });
  }
}

Result<std::unique_ptr<engine::Job>> ChildEngine::prepare(Reactor& reactor, const w::Prepare& prompt) {
  return links_[static_cast<std::size_t>(reactor.index())]->prepare(prompt);
}

Task<Status> ChildEngine::until_ready(Reactor& reactor, Instant then) {
  return links_[static_cast<std::size_t>(reactor.index())]->until_ready(then);
}

w::State ChildEngine::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

}  // namespace gatehouse::adapters
