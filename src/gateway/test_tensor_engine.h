// gateway/test_tensor_engine.h — for tests: an engine of a tensor model that computes nothing, and is as far as it is told.
// Threads  one
#pragma once
#include <memory>
#include <utility>

#include "gatehouse/engine/tensor_engine.h"

namespace gatehouse::gateway {

class StandingTensorEngine final : public engine::TensorEngine {
 public:
  explicit StandingTensorEngine(wire::engine::Signature signature = {})
      : signature_(std::make_shared<const wire::engine::Signature>(std::move(signature))) {}
  void set(engine::Life life) { life_ = life; }
  void set(wire::engine::Signature signature) { signature_ = std::make_shared<const wire::engine::Signature>(std::move(signature)); }

  Task<Status> until_ready(Reactor&, Instant) override { co_return ok(); }
  bool comes_soon(Reactor&) override { return false; }
  bool available() const override { return life_ == engine::Life::ready; }
  engine::Life life() const override { return life_; }
  void load() override {}
  void unload() override {}
  wire::engine::State state() const override { return {}; }
  engine::Turnover turnover() const override { return turnover_; }
  void set(engine::Turnover turnover) { turnover_ = turnover; }
  Result<std::unique_ptr<engine::TensorCall>> infer(Reactor&, const wire::engine::Infer&) override {
    return Error(Code::unavailable, Origin::engine, "model_loading", "It computes nothing");
  }
  std::shared_ptr<const wire::engine::Signature> signature() const override { return signature_; }

 private:
  engine::Life life_ = engine::Life::ready;
  engine::Turnover turnover_;
  std::shared_ptr<const wire::engine::Signature> signature_;
};

}  // namespace gatehouse::gateway
