#include "gatehouse/adapters/engine_child/child_engine.h"

#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "engine_link.h"

namespace gatehouse::adapters {

namespace w = wire::engine;

namespace {

constexpr milliseconds poll_interval{500};
constexpr milliseconds first_back_off{100};
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
      ended_(control),
      stopped_(control),
      poll_(control, [this] {
        if (socket_) socket_->send(0, w::Stats{});
        poll_.arm_in(poll_interval);
      }) {
  for (Reactor* reactor : reactors_) {
    // A link that breaks means that the child must go; its control socket then says so to supervise().
    links_.push_back(std::make_shared<EngineLink>(*reactor, [this](std::uint64_t child, const Error&) {
      control_.post([this, child] {
        if (process_ && child == child_) process_->kill();
      });
    }));
  }
}

ChildEngine::~ChildEngine() = default;

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
  milliseconds back_off = first_back_off;
  while (!stopping_) {
    const Instant began = control_.clock().now();
    std::function<Result<Fd>(Worker&)> open = [this](Worker&) { return options_.open_model(); };
    auto opening = files_.run<Result<Fd>>(control_, std::move(open));
    std::optional<Result<Fd>> opened = co_await std::move(opening);
    if (stopping_) break;
    if (!opened || !*opened) {
      fail_for_good(opened ? opened->error() : internal_error("engine_spawn_failed", "no worker to read the model file"));
      break;
    }
    co_await run_child(std::move(**opened));
    if (stopping_) break;
    if (failed_loads_ >= load_attempts) {
      fail_for_good(Error(Code::unavailable, Origin::engine, "engine_failed", "The model could not be loaded").with_detail(state().detail));
      break;
    }
    ++restarts_;
    if (control_.clock().now() - began > seconds(60)) back_off = first_back_off;
    boost::asio::steady_timer pause(control_.context(), back_off);
    co_await pause.async_wait(use_task);
    back_off = std::min(back_off * 2, longest_back_off);
  }
  supervising_ = false;
  stopped_.raise();
}

Task<void> ChildEngine::run_child(Fd model_file) {
  child_gone_ = false;
  was_ready_ = false;
  const Status launched = launch(model_file);
  if (!launched) {
    ++failed_loads_;
    publish(w::State{w::ModelState::loading, launched.error().describe()}, "engine not started");
    co_return;
  }
  model_file.reset();
  while (!child_gone_) co_await ended_.wait();
  each_link([](EngineLink& link) { link.detach(); });
  socket_->close();
  socket_.reset();
  if (process_) process_->kill();
  process_.reset();
  pid_ = 0;
  if (!was_ready_) ++failed_loads_;
  if (!stopping_) publish(w::State{w::ModelState::loading, was_ready_ ? "the engine ended" : state().detail}, "engine ended");
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
  publish(w::State{w::ModelState::loading, ""}, "engine started");
  socket_ = std::make_shared<FrameSocket>(control_, std::move(control.first), w::Sender::engine);
  socket_->start(FrameSocket::Callbacks{[this](w::Frame&& frame, Fd&&) { return on_control(frame.body); },
                                        [this](const Error&) {
                                          child_gone_ = true;
                                          ended_.raise();
                                        }});
  for (std::size_t i = 0; i < links_.size(); ++i) {
    reactors_[i]->post(
        [link = links_[i], child = child_, fd = std::make_shared<Fd>(std::move(fronts[i]))] { link->attach(std::move(*fd), child); });
  }
  if (!socket_->send_with(0, options_.load, model_file)) return operator_error("engine_spawn_failed", "the engine does not take its model");
  return ok();
}

Status ChildEngine::on_control(const w::Body& body) {
  const auto* told = std::get_if<w::State>(&body);
  if (told == nullptr) return ok();  // hello
  const bool becomes_ready = told->state == w::ModelState::ready && !was_ready_;
  publish(*told, becomes_ready ? "model ready" : told->state == w::ModelState::failed ? "model failed" : "");
  if (becomes_ready) {
    was_ready_ = true;
    failed_loads_ = 0;
    each_link([](EngineLink& link) { link.set_ready(); });
  }
  if (told->state == w::ModelState::failed) {
    child_gone_ = true;
    ended_.raise();
  }
  return ok();
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
