#include "gatehouse/adapters/engine_child/engine_host.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <thread>

#include "frame_socket.h"
#include "gatehouse/engine/loop.h"
#include "gatehouse/runtime/reactor.h"

namespace gatehouse::adapters {

namespace w = wire::engine;

namespace {

// The sandbox allows no look into /proc; 256 is its limit of descriptors.
std::uint32_t open_descriptors() {
  std::uint32_t open = 0;
  for (int fd = 0; fd < 256; ++fd) open += fcntl(fd, F_GETFD) >= 0 ? 1 : 0;
  return open;
}

// What may be spent on learning what steps take, before the model is ready.
constexpr nanoseconds rehearsal_time = milliseconds(300);

class EngineHost final : public engine::EventSink {
 public:
  EngineHost(HostWiring wiring, const Clock& clock) : wiring_(std::move(wiring)), clock_(clock), reactor_(0, clock) {}
  ~EngineHost() override { stop_loop(); }

  int run() {
    control_ = std::make_shared<FrameSocket>(reactor_, std::move(wiring_.control), w::Sender::front);
    control_->start(FrameSocket::Callbacks{[this](w::Frame&& frame, Fd&& file) { return on_control(std::move(frame), std::move(file)); },
                                           [this](const Error& why) { front_gone(why); }});
    for (std::uint32_t i = 0; i < wiring_.links.size(); ++i) {
      links_.push_back(std::make_shared<FrameSocket>(reactor_, std::move(wiring_.links[i]), w::Sender::front));
      links_.back()->start(FrameSocket::Callbacks{[this, i](w::Frame&& frame, Fd&&) { return on_job(i, std::move(frame)); },
                                                  [this](const Error& why) { front_gone(why); }});
    }
    control_->send(0, w::HelloBack{wiring_.name});
    reactor_.run();
    stop_loop();
    return exit_code_;
  }

  // On the engine's thread.
  void send(std::uint32_t link, std::uint64_t job, const w::Body& body) override {
    if (!links_[link]->send(job, body)) reactor_.post([this] { front_gone(internal_error("front_gone", "the front does not read")); });
  }

 private:
  Status on_control(w::Frame&& frame, Fd&& file) {
    if (const auto* load = std::get_if<w::Load>(&frame.body)) {
      if (state_.state != w::ModelState::empty || !file) return caller_error("engine_load_refused", "one model an engine");
      state_.state = w::ModelState::loading;
      loop_thread_ =
          std::thread([this, options = *load, model_file = std::move(file)]() mutable { load_and_run(std::move(model_file), options); });
    } else if (std::holds_alternative<w::Unload>(frame.body)) {
      front_gone(internal_error("front_gone", "unload"));
    } else if (std::holds_alternative<w::Stats>(frame.body)) {
      control_->send(0, current_state());
    } else {
      return caller_error("engine_frame_unexpected", "not a frame for the control socket");
    }
    return ok();
  }

  // On the engine's thread, from here to the end of the model.
  void load_and_run(Fd model_file, const w::Load& options) {
    Result<engine::LoadedModel> loaded = wiring_.load(std::move(model_file), options);
    if (!loaded) {
      reactor_.post([this, why = loaded.error().describe()] { publish(w::ModelState::failed, why); });
      return;
    }
    engine::LoopOptions loop_options;
    loop_options.queue = options.queue;
    loop_options.prefill_chunk = options.prefill_chunk;
    loop_options.prefix_bytes = options.prefix_bytes;
    const auto sequences = std::move(loaded->sequences);
    if (options.rehearse) loop_options.costs = engine::rehearse(*sequences, clock_, rehearsal_time);
    auto loop = std::make_shared<engine::EngineLoop>(*sequences, clock_, *this, loop_options);
    auto compiler = std::shared_ptr<engine::PromptCompiler>(std::move(loaded->compiler));
    reactor_.post([this, loop, compiler, detail = sequences->description(), seats = sequences->seats(), cells = sequences->seat_cells()] {
      state_.seats = seats;
      state_.seat_cells = cells;
      loop_ = loop;
      compiler_ = compiler;
      publish(w::ModelState::ready, detail);
    });
    loop->run();
  }

  void publish(w::ModelState state, std::string detail) {
    state_.state = state;
    state_.detail = std::move(detail);
    control_->send(0, current_state());
  }

  w::State current_state() const {
    w::State now = state_;
    if (wiring_.exit_when_front_gone) now.open_fds = open_descriptors();  // a thread's are the front's
    if (!loop_) return now;
    const engine::LoopCounters& c = loop_->counters();
    now.sequences = c.sequences;
    now.kv_cells = c.kv_cells;
    now.queued = c.queued;
    now.jobs = c.jobs;
    now.steps = c.steps;
    now.saved = c.saved;
    now.saved_bytes = c.saved_bytes;
    now.given_back = c.given_back;
    now.prompt_computed = c.prompt_computed;
    now.prompt_cached = c.prompt_cached;
    now.prefixes = c.prefixes;
    now.prefix_bytes = c.prefix_bytes;
    now.compute_us = c.compute_ns / 1000;
    tell_step(c, now);
    return now;
  }

  void tell_step(const engine::LoopCounters& c, w::State& now) const {
    const nanoseconds began(c.step_began_ns.load(std::memory_order_relaxed));
    if (began == nanoseconds(0)) return;
    const nanoseconds taken = clock_.now().time_since_epoch() - began, usual(c.usual_step_ns.load(std::memory_order_relaxed));
    now.step_us = static_cast<std::uint64_t>(std::max<std::int64_t>(taken.count(), 1000)) / 1000;
    now.usual_step_us = static_cast<std::uint64_t>(usual.count()) / 1000;
  }

  Status on_job(std::uint32_t link, w::Frame&& frame) {
    const engine::JobKey key{link, frame.job};
    if (std::holds_alternative<w::Hello>(frame.body)) return ok();
    if (auto* prepare = std::get_if<w::Prepare>(&frame.body)) return prepare_job(key, *prepare), ok();
    if (!loop_) return ok();  // what it was about has been refused
    using Command = decltype(engine::LoopCommand::what);
    std::optional<Command> what;
    if (const auto* start = std::get_if<w::Start>(&frame.body)) what = *start;
    if (const auto* grant = std::get_if<w::Grant>(&frame.body)) what = *grant;
    if (const auto* finish = std::get_if<w::Finish>(&frame.body)) what = *finish;
    if (std::holds_alternative<w::Cancel>(frame.body)) what = w::Cancel{};
    if (!what) return caller_error("engine_frame_unexpected", "not a frame for a job");
    if (!loop_->push(engine::LoopCommand(key, std::move(*what))))
      return caller_error("engine_commands_full", "the front sends faster than the engine listens");
    return ok();
  }

  void prepare_job(engine::JobKey key, const w::Prepare& prepare) {
    const auto refuse = [&](std::string code, std::string param, std::string text) {
      links_[key.link]->send(key.job, w::Refused{std::move(code), std::move(param), std::move(text)});
    };
    if (!loop_) return refuse("model_not_ready", "", "The model is not loaded yet");
    auto compiled = compiler_->compile(prepare);
    if (!compiled) return refuse(std::string(compiled.error().reason()), compiled.error().param(), compiled.error().public_text());
    if (compiled->empty()) return refuse("invalid_prompt", "", "The prompt is empty");
    if (compiled->size() > state_.seat_cells) return refuse("context_length_exceeded", "", "The prompt is longer than the model can hold");
    if (prepare.choices > state_.seats)
      return refuse("too_many_choices", "n",
                    "This model computes at most " + std::to_string(state_.seats) + " answers at once, and " +
                        std::to_string(prepare.choices) + " were asked for");
    w::Prepared answer;
    answer.prompt_tokens = static_cast<std::uint32_t>(compiled->size());
    answer.seat_cells = state_.seat_cells;
    auto constraint = compiler_->constrain(prepare);
    if (!constraint) return refuse(std::string(constraint.error().reason()), constraint.error().param(), constraint.error().public_text());
    engine::PreparedJob job{std::move(*compiled), prepare.sampling,       prepare.stops,  prepare.tenant,
                            prepare.weight,       std::move(*constraint), prepare.choices};
    if (!loop_->push(engine::LoopCommand(key, std::move(job))))
      return refuse("engine_queue_full", "", "The model has more requests than it can hold");
    links_[key.link]->send(key.job, answer);
  }

  void front_gone(const Error& why) {
    if (wiring_.exit_when_front_gone) _exit(why.reason() == "engine_gone" || why.reason() == "front_gone" ? 0 : 1);
    if (why.reason() != "engine_gone" && why.reason() != "front_gone") exit_code_ = 1;
    control_->close();
    for (auto& link : links_) link->close();
    reactor_.stop();
  }

  void stop_loop() {
    // A load in progress ends first: the loop that it would publish is then stopped before it turns.
    if (loop_) loop_->stop();
    if (!loop_thread_.joinable()) return;
    while (!loop_ && state_.state == w::ModelState::loading) {
      reactor_.context().restart();
      reactor_.context().run_one();
    }
    if (loop_) loop_->stop();
    loop_thread_.join();
  }

  HostWiring wiring_;
  const Clock& clock_;
  Reactor reactor_;
  std::shared_ptr<FrameSocket> control_;
  std::vector<std::shared_ptr<FrameSocket>> links_;
  w::State state_;
  std::shared_ptr<engine::PromptCompiler> compiler_;
  std::shared_ptr<engine::EngineLoop> loop_;
  std::thread loop_thread_;
  int exit_code_ = 0;
};

}  // namespace

int run_engine_host(HostWiring wiring, const Clock& clock) {
  EngineHost host(std::move(wiring), clock);
  return host.run();
}

}  // namespace gatehouse::adapters
