// tests/scenario/scripted_engine.h — an engine that cheats: the real decode loop over ScriptedModel, turned by the reactor that asks, so
// that everything happens on one thread and in one order. A test may lose it, hold it back or bring it back.
#pragma once
#include <map>
#include <memory>
#include <string>

#include "gatehouse/engine/engine.h"
#include "gatehouse/engine/loop.h"
#include "gatehouse/engine/scripted_model.h"

namespace gatehouse::testing {

class ScriptedEngine final : public engine::Engine, public engine::JobChannel, public engine::EventSink {
 public:
  ScriptedEngine(Reactor& reactor, engine::ScriptedOptions options) : reactor_(reactor), options_(std::move(options)), back_(reactor) {
    come_back();
  }

  // As when the child is killed: every job is lost, until ready() nothing can be prepared.
  void lose() {
    ready_ = false;
    auto lost = std::move(jobs_);
    jobs_.clear();
    loop_.reset();
    model_ = engine::LoadedModel();
    trace_.open_seats = 0;
    for (auto& [id, job] : lost) job->lose();
  }
  void come_back() {
    model_ = engine::scripted_model(options_, &trace_);
    loop_ = std::make_unique<engine::EngineLoop>(*model_.sequences, reactor_.clock(), *this, engine::LoopOptions());
    ready_ = true;
    back_.raise();
  }
  // While held no step is made: jobs stay where they are.
  void hold(bool held) {
    held_ = held;
    turn_later();
  }
  // As when an invariant of ours does not hold.
  void break_invariants() { broken_ = true; }
  // A mute engine takes prompts and says nothing about them.
  void mute() { mute_ = true; }
  const engine::ScriptedTrace& trace() const { return trace_; }
  std::size_t jobs() const { return jobs_.size(); }
  const wire::engine::Prepare& last_prompt() const { return last_prompt_; }
  std::uint32_t prepared() const { return prepared_; }

  Result<std::unique_ptr<engine::Job>> prepare(Reactor& reactor, const wire::engine::Prepare& prompt) override {
    GH_ASSERT(!broken_);
    if (!ready_) {
      return Error(Code::unavailable, Origin::engine, "model_loading", "The model is being loaded").with_retry(Retry::after(seconds(1)));
    }
    auto job = std::make_unique<engine::Job>(reactor, *this, JobId(next_++), prompt.choices);
    const std::uint64_t id = job->id().value();
    jobs_[id] = job.get();
    last_prompt_ = prompt;
    auto compiled = model_.compiler->compile(prompt);
    wire::engine::Body answer;
    if (compiled) {
      wire::engine::Prepared prepared;
      prepared.calls = model_.compiler->calls(prompt);
      prepared.prompt_tokens = static_cast<std::uint32_t>(compiled->size());
      prepared.seat_cells = model_.sequences->seat_cells();
      answer = prepared;
      push(id,
           engine::PreparedJob{std::move(*compiled), prompt.sampling, prompt.stops, prompt.tenant, prompt.weight, nullptr, prompt.choices});
      ++prepared_;
    } else {
      wire::engine::Refused refused;
      refused.code = std::string(compiled.error().reason());
      refused.param = compiled.error().param();
      refused.text = compiled.error().public_text();
      answer = std::move(refused);
    }
    if (!mute_) reactor_.post([this, id, answer] { deliver(id, wire::engine::Body(answer)); });
    return job;
  }

  Task<Status> until_ready(Reactor& reactor, Instant then) override {
    Deadline patience(reactor, [this] { back_.raise(); });
    patience.arm(then);
    while (!ready_ && reactor.clock().now() < then) co_await back_.wait();
    if (ready_) co_return ok();
    co_return Error(Code::unavailable, Origin::engine, "model_loading", "The model is being loaded");
  }

  bool comes_soon(Reactor&) override { return false; }
  bool available() const override { return ready_; }
  engine::Life life() const override { return unloaded_ ? engine::Life::gone : ready_ ? engine::Life::ready : engine::Life::loading; }
  void load() override {
    if (!ready_) come_back();
    unloaded_ = false;
  }
  void unload() override {
    lose();
    unloaded_ = true;
  }
  wire::engine::State state() const override {
    wire::engine::State state;
    state.state = ready_ ? wire::engine::ModelState::ready : wire::engine::ModelState::loading;
    state.seats = options_.seats;
    return state;
  }

 private:
  template <class What>
  void push(std::uint64_t id, What what) {
    engine::JobKey key;
    key.job = id;
    if (loop_) GH_ASSERT(loop_->push(engine::LoopCommand(key, std::move(what))));
    turn_later();
  }
  void turn_later() {
    if (turning_) return;
    turning_ = true;
    reactor_.post([this] {
      turning_ = false;
      if (held_ || !loop_) return;
      if (loop_->turn()) turn_later();
    });
  }
  void deliver(std::uint64_t id, wire::engine::Body body) {
    const auto job = jobs_.find(id);
    if (job == jobs_.end()) return;
    const bool over = std::holds_alternative<wire::engine::Done>(body) || std::holds_alternative<wire::engine::Refused>(body);
    engine::Job& to = *job->second;
    if (over) jobs_.erase(job);
    GH_ASSERT(to.deliver(std::move(body)));
  }

  // JobChannel
  void send(JobId job, const wire::engine::Body& body) override {
    if (const auto* start = std::get_if<wire::engine::Start>(&body)) push(job.value(), *start);
    if (const auto* grant = std::get_if<wire::engine::Grant>(&body)) push(job.value(), *grant);
    if (const auto* finish = std::get_if<wire::engine::Finish>(&body)) push(job.value(), *finish);
    if (std::holds_alternative<wire::engine::Cancel>(body)) push(job.value(), wire::engine::Cancel{});
  }
  void forget(JobId job) override { jobs_.erase(job.value()); }

  // EventSink
  void send(std::uint32_t, std::uint64_t id, const wire::engine::Body& body) override {
    if (const auto* batch = std::get_if<wire::engine::TokenBatch>(&body)) {
      for (const wire::engine::TokenEvent& event : batch->events) {
        const auto job = jobs_.find(event.job);
        if (job != jobs_.end()) GH_ASSERT(job->second->deliver(wire::engine::TokenEvent(event)));
      }
    } else {
      deliver(id, body);
    }
  }

  Reactor& reactor_;
  const engine::ScriptedOptions options_;
  engine::ScriptedTrace trace_;
  engine::LoadedModel model_;
  std::unique_ptr<engine::EngineLoop> loop_;
  std::map<std::uint64_t, engine::Job*> jobs_;
  Signal back_;
  wire::engine::Prepare last_prompt_;
  std::uint64_t next_ = 1;
  std::uint32_t prepared_ = 0;
  bool ready_ = false, unloaded_ = false, mute_ = false, broken_ = false, held_ = false, turning_ = false;
};

}  // namespace gatehouse::testing
