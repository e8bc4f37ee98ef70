#include "child.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "gatehouse/telemetry/process_stats.h"

namespace gatehouse::adapters {

namespace w = wire::engine;

namespace {

constexpr std::uint64_t most_memory = std::uint64_t{1}
                                      << 48U;  // that a child is believed to take yet: more than there is, and no sum overflows

Result<std::pair<Fd, Fd>> socket_pair() {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    return operator_error("engine_spawn_failed", "no socket pair for an engine").with_detail(std::strerror(errno));
  }
  return std::pair<Fd, Fd>(Fd(ends[0]), Fd(ends[1]));
}

}  // namespace

Child::Child(std::uint64_t number, Reactor& control, ChildPatience patience, Callbacks callbacks)
    : number_(number),
      control_(control),
      patience_(patience),
      callbacks_(std::move(callbacks)),
      began_(control.clock().now()),
      watch_(patience.hang, poll_interval),
      load_due_(control, [this] {
        give_up("loading took longer than " + std::to_string(std::chrono::duration_cast<seconds>(patience_.load).count()) + " s");
      }) {}

// Its sockets are closed before its end is waited for.
Child::~Child() {
  if (socket_) socket_->close();
  process_.reset();
  if (output_) output_->stop();
}

Result<std::vector<Fd>> Child::spawn(EngineSpawner& spawner, std::size_t links) {
  GH_TRY(auto control, socket_pair());
  std::vector<Fd> fronts, engines;
  for (std::size_t i = 0; i < links; ++i) {
    GH_TRY(auto pair, socket_pair());
    fronts.push_back(std::move(pair.first));
    engines.push_back(std::move(pair.second));
  }
  GH_TRY(process_, spawner.spawn(std::move(control.second), std::move(engines)));
  if (Fd said = process_->take_output(); said) output_ = ChildOutput::start(control_, std::move(said), callbacks_.said);
  state_.state = w::ModelState::loading;
  socket_ = std::make_shared<FrameSocket>(control_, std::move(control.first), w::Sender::engine);
  socket_->start(
      FrameSocket::Callbacks{[this](w::Frame&& frame, Fd&&) { return on_control(frame.body); },
                             [this](const Error& why) { give_up(why.reason() == "engine_gone" ? complaint_ : why.describe()); }});
  return fronts;
}

Status Child::load(const w::Body& load, const Fd& model_file) {
  if (!socket_->send_with(0, load, model_file)) return operator_error("engine_spawn_failed", "the engine does not take its model");
  load_due_.arm_in(patience_.load);
  return ok();
}

// A thread cannot be ended: of that nothing is asked but what it counts.
void Child::look_after() {
  if (gone_ || !socket_) return;
  socket_->send(0, w::Stats{});
  if (!ready_ || process_->pid() == 0) return;
  const std::string hangs = watch_.look(control_.clock().now());
  if (hangs.empty()) return;
  hung_ = true;
  kill(hangs);
  give_up(hangs);
}

void Child::kill(std::string why) {
  if (!why.empty()) complaint_ = std::move(why);
  if (process_) process_->kill();
}

void Child::give_up(const std::string& why) {
  load_due_.disarm();
  complaint_ = why;
  if (!std::exchange(gone_, true)) callbacks_.gone();
}

Status Child::on_control(const w::Body& body) {
  const auto* told = std::get_if<w::State>(&body);
  if (const auto* signature = std::get_if<w::Signature>(&body); signature != nullptr && !ready_) {
    signature_ = *signature;
    return ok();
  }
  if (const auto* native = std::get_if<w::Native>(&body); native != nullptr && !ready_) {
    plan_ = native->plan;
    return ok();
  }
  if (told == nullptr && std::holds_alternative<w::HelloBack>(body)) return ok();
  if (told == nullptr) return internal_error("engine_protocol_broken", "a frame that is not for the control socket");
  state_ = *told;
  // The sandbox allows a child no look into /proc; a thread's memory is the front's.
  const Result<std::uint64_t> resident = pid() == 0 ? Result<std::uint64_t>(std::uint64_t{0}) : telemetry::resident_bytes(pid());
  if (resident && *resident > 0) state_.rss_bytes = *resident;
  const bool is_ready_now = told->state == w::ModelState::ready && !std::exchange(ready_, true);
  if (is_ready_now && told->memory_left > 0) grown_bytes_ = state_.rss_bytes + std::min(told->memory_left, most_memory);
  state_.memory_left = grown_bytes_ - std::min(grown_bytes_, state_.rss_bytes);
  if (is_ready_now) {
    load_due_.disarm();
    watch_.begin(control_.clock().now());
  }
  watch_.heard(*told);
  callbacks_.told(*this);
  if (told->state == w::ModelState::failed) give_up(told->detail);
  return ok();
}

}  // namespace gatehouse::adapters
