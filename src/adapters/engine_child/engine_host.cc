#include "gatehouse/adapters/engine_child/engine_host.h"

#include <algorithm>
#include <memory>
#include <thread>

#include "gatehouse/engine/loop.h"
#include "host.h"

namespace gatehouse::adapters {

namespace w = wire::engine;

namespace {

// What may be spent on learning what steps take, before the model is ready.
constexpr nanoseconds rehearsal_time = milliseconds(300);

class EngineHost final : public Host, public engine::EventSink {
 public:
  EngineHost(HostWiring wiring, const Clock& clock) : Host(static_cast<HostSockets&&>(wiring), clock), load_(std::move(wiring.load)) {}
  ~EngineHost() override { stop_work(); }

  // On the engine's thread.
  void send(std::uint32_t link, std::uint64_t job, const w::Body& body) override { send_news(link, job, body); }

 private:
  Status on_load(w::Body&& body, Fd&& file) override {
    const auto* load = std::get_if<w::Load>(&body);
    if (load == nullptr) return caller_error("engine_load_refused", "a tensor model for an engine of language models");
    loop_thread_ =
        std::thread([this, options = *load, model_file = std::move(file)]() mutable { load_and_run(std::move(model_file), options); });
    return ok();
  }

  // On the engine's thread, from here to the end of the model.
  void load_and_run(Fd model_file, const w::Load& options) {
    Result<engine::LoadedModel> loaded = load_(std::move(model_file), options);
    if (!loaded) {
      reactor().post([this, why = loaded.error().describe()] { publish(w::ModelState::failed, why); });
      return;
    }
    engine::LoopOptions loop_options;
    loop_options.queue = options.queue;
    loop_options.prefill_chunk = options.prefill_chunk;
    loop_options.prefix_bytes = options.prefix_bytes;
    const auto sequences = std::move(loaded->sequences);
    if (options.rehearse) loop_options.costs = engine::rehearse(*sequences, clock(), rehearsal_time);
    auto loop = std::make_shared<engine::EngineLoop>(*sequences, clock(), *this, loop_options);
    auto compiler = std::shared_ptr<engine::PromptCompiler>(std::move(loaded->compiler));
    reactor().post([this, loop, compiler, detail = sequences->description(), seats = sequences->seats(), cells = sequences->seat_cells(),
                    left = sequences->memory_left()] {
      state_.seats = seats;
      state_.seat_cells = cells;
      state_.memory_left = left;
      loop_ = loop;
      compiler_ = compiler;
      publish(w::ModelState::ready, detail);
    });
    loop->run();
  }

  void count(w::State& now) const override {
    if (!loop_) return;
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
  }

  void tell_step(const engine::LoopCounters& c, w::State& now) const {
    const nanoseconds began(c.step_began_ns.load(std::memory_order_relaxed));
    if (began == nanoseconds(0)) return;
    const nanoseconds taken = clock().now().time_since_epoch() - began, usual(c.usual_step_ns.load(std::memory_order_relaxed));
    now.step_us = static_cast<std::uint64_t>(std::max<std::int64_t>(taken.count(), 1000)) / 1000;
    now.usual_step_us = static_cast<std::uint64_t>(usual.count()) / 1000;
  }

  Status on_job(std::uint32_t link, w::Frame&& frame) override {
    const engine::JobKey key{link, frame.job};
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
      answer(key, w::Refused{std::move(code), std::move(param), std::move(text)});
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
    w::Prepared prepared;
    prepared.prompt_tokens = static_cast<std::uint32_t>(compiled->size());
    prepared.seat_cells = state_.seat_cells;
    prepared.calls = compiler_->calls(prepare);
    auto constraint = compiler_->constrain(prepare);
    if (!constraint) return refuse(std::string(constraint.error().reason()), constraint.error().param(), constraint.error().public_text());
    engine::PreparedJob job{std::move(*compiled), prepare.sampling,       prepare.stops,  prepare.tenant,
                            prepare.weight,       std::move(*constraint), prepare.choices};
    if (!loop_->push(engine::LoopCommand(key, std::move(job))))
      return refuse("engine_queue_full", "", "The model has more requests than it can hold");
    answer(key, prepared);
  }

  void answer(engine::JobKey key, const w::Body& body) { send_answer(key.link, key.job, body); }

  void stop_work() override {
    // A load in progress ends first: the loop that it would publish is then stopped before it turns.
    if (loop_) loop_->stop();
    if (!loop_thread_.joinable()) return;
    while (!loop_ && state_.state == w::ModelState::loading) {
      reactor().context().restart();
      reactor().context().run_one();
    }
    if (loop_) loop_->stop();
    loop_thread_.join();
  }

  const decltype(HostWiring::load) load_;
  std::shared_ptr<engine::PromptCompiler> compiler_;
  std::shared_ptr<engine::EngineLoop> loop_;
  std::thread loop_thread_;
};

}  // namespace

int run_engine_host(HostWiring wiring, const Clock& clock) {
  EngineHost host(std::move(wiring), clock);
  return host.run();
}

}  // namespace gatehouse::adapters
