// tests/scenario/scripted_tensors.h — an engine of a tensor model that cheats: what comes of a call is a function of the test's, and so is
// how many calls are answered. It may sleep: whoever asks then waits until the test wakes it.
#pragma once
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <utility>

#include "gatehouse/engine/tensor_engine.h"

namespace gatehouse::testing {

class ScriptedTensors final : public engine::TensorEngine, public engine::JobChannel {
 public:
  using Answer = std::function<wire::engine::Body(const wire::engine::Infer&)>;

  ScriptedTensors(Reactor& reactor, wire::engine::Signature signature, Answer answer)
      : reactor_(reactor), told_(std::move(signature)), answer_(std::move(answer)), back_(reactor) {
    wake_up();
  }

  // As one that has never been there: it has not said what it takes and gives.
  void put_away() {
    awake_ = false;
    signature_ = std::make_shared<const wire::engine::Signature>();
  }
  void wake_up() {
    awake_ = true;
    signature_ = std::make_shared<const wire::engine::Signature>(told_);
    back_.raise();
  }
  // So many more; those that come then wait for ever.
  void answer_only(std::size_t calls) { answers_left_ = calls; }
  std::size_t calls() const { return calls_; }

  Task<Status> until_ready(Reactor& reactor, Instant then) override {
    Deadline patience(reactor, [this] { back_.raise(); });
    patience.arm(then);
    while (!awake_ && reactor.clock().now() < then) co_await back_.wait();
    if (awake_) co_return ok();
    co_return loading();
  }
  bool comes_soon(Reactor&) override { return !awake_; }
  bool available() const override { return true; }
  engine::Life life() const override { return awake_ ? engine::Life::ready : engine::Life::declared; }
  void load() override { wake_up(); }
  void unload() override { put_away(); }
  wire::engine::State state() const override { return {}; }
  std::shared_ptr<const wire::engine::Signature> signature() const override { return signature_; }

  Result<std::unique_ptr<engine::TensorCall>> infer(Reactor& reactor, const wire::engine::Infer& call) override {
    if (!awake_) return loading();
    const std::uint64_t id = ++calls_;
    auto made = std::make_unique<engine::TensorCall>(reactor, *this, JobId(id));
    waiting_[id] = made.get();
    if (answers_left_ == 0) return made;
    --answers_left_;
    reactor_.post([this, id, body = answer_(call)] { deliver(id, wire::engine::Body(body)); });
    return made;
  }
  void send(JobId, const wire::engine::Body&) override {}
  void forget(JobId job) override { waiting_.erase(job.value()); }

 private:
  static Error loading() {
    return Error(Code::unavailable, Origin::engine, "model_loading", "The model is being loaded").with_retry(Retry::after(seconds(1)));
  }
  void deliver(std::uint64_t id, wire::engine::Body&& body) {
    const auto waits = waiting_.extract(id);
    if (!waits.empty()) GH_ASSERT(waits.mapped()->deliver(std::move(body)));
  }

  Reactor& reactor_;
  const wire::engine::Signature told_;
  const Answer answer_;
  Signal back_;
  bool awake_ = false;
  std::shared_ptr<const wire::engine::Signature> signature_;
  std::size_t answers_left_ = std::numeric_limits<std::size_t>::max();
  std::uint64_t calls_ = 0;
  std::map<std::uint64_t, engine::TensorCall*> waiting_;
};

}  // namespace gatehouse::testing
