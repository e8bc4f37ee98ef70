#include "gatehouse/adapters/engine_child/tensor_host.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "call_batch.h"
#include "call_queue.h"
#include "gatehouse/telemetry/log.h"
#include "host.h"

namespace gatehouse::adapters {

namespace w = wire::engine;

namespace {

// Of the inputs of calls that wait.
constexpr std::size_t most_waiting_bytes = std::size_t{256} * 1024 * 1024;
// What is computed at a time, where calls are computed together.
constexpr std::size_t most_together = 64, most_bytes_together = std::size_t{1024} * 1024;
// Of rows of tokens, each of which is as much to compute as a large table's: about 4,096 tokens.
constexpr std::size_t most_row_bytes_together = std::size_t{16} * 1024;

std::uint64_t in_microseconds(nanoseconds time) { return static_cast<std::uint64_t>(std::max<std::int64_t>(time.count(), 0)) / 1000; }

w::Refused refused(std::string code, std::string text) {
  w::Refused made;
  made.code = std::move(code);
  made.text = std::move(text);
  return made;
}

// What the library says of itself is for the log.
w::Refused refusal_of(const Error& error) {
  if (error.origin() == Origin::caller) return refused(std::string(error.reason()), error.public_text());
  telemetry::log::warn("engine", "a call failed", {{"error", error.describe()}});
  return refused("infer_failed", "The model could not compute an answer for this input");
}

class TensorHost final : public Host {
 public:
  TensorHost(TensorWiring wiring, const Clock& host_clock)
      : Host(static_cast<HostSockets&&>(wiring), host_clock), load_(std::move(wiring.load)) {}
  ~TensorHost() override { stop_work(); }

 private:
  Status on_load(w::Body&& body, Fd&& file) override {
    auto* load = std::get_if<w::LoadTensors>(&body);
    if (load == nullptr) return caller_error("engine_load_refused", "a language model for an engine of tensor models");
    patience_ = std::chrono::microseconds(load->patience_us);
    queue_ = std::make_shared<CallQueue>(CallQueue::Bounds{load->queue, most_waiting_bytes});
    computing_ = std::thread(
        [this, options = std::move(*load), model_file = std::move(file)]() mutable { load_and_run(std::move(model_file), options); });
    return ok();
  }

  // On the computing thread, from here to the end of the model.
  void load_and_run(Fd model_file, const w::LoadTensors& options) {
    auto loaded = load_(std::move(model_file), options);
    if (!loaded) {
      reactor().post([this, why = loaded.error().describe()] { publish(w::ModelState::failed, why); });
      return;
    }
    const std::shared_ptr<engine::TensorModel> model = std::move(*loaded);
    reactor().post([this, model] {
      model_ = model;
      tell_control(model->signature());
      if (!model->plan().empty()) tell_control(w::Native{model->plan()});
      publish(w::ModelState::ready, model->description());
    });
    CallQueue::Company company{std::chrono::microseconds(options.batch_us), most_together, most_bytes_together, may_join};
    if (options.row_tokens > 0) company.most_bytes = most_row_bytes_together;
    if (options.batch_us == 0 || !has_free_rows(model->signature())) company.most = 1;
    while (std::optional<QueuedCall> call = queue_->next(clock())) {
      std::vector<QueuedCall> others = queue_->take_along(*call, company, clock());
      if (others.empty()) {
        compute(*model, *call);
      } else {
        compute_together(*model, *call, others);
      }
    }
  }

  // Where that fails, or is not over in time, each by itself: one of them may be at fault.
  void compute_together(engine::TensorModel& model, QueuedCall& first, std::vector<QueuedCall>& others) {
    std::vector<const w::Infer*> calls{&first.call};
    for (const QueuedCall& one : others) calls.push_back(&one.call);
    Pass pass;
    pass.began = clock().now();
    const w::Infer all = joined(calls);
    pass.joined = clock().now();
    const Result<w::Inferred> made = model.infer(all, first.stop);
    pass.computed = clock().now();
    queue_->over(clock());
    auto parts = made ? parted(*made, calls) : std::nullopt;
    pass.parted = clock().now();
    others.insert(others.begin(), std::move(first));
    for (std::size_t i = 0; i < others.size(); ++i) {
      if (parts) {
        w::Inferred& part = (*parts)[i];
        part.pass_rows = static_cast<std::uint64_t>(all.inputs.front().shape.front());
        part.passes = i == 0 ? 1 : 0;
        send_result(others[i], std::move(part), pass);
      } else {
        queue_->again(others[i], clock());
        compute(model, others[i]);
      }
    }
  }

  void compute(engine::TensorModel& model, const QueuedCall& call) {
    Pass pass;
    pass.began = pass.joined = clock().now();
    Result<w::Inferred> made = model.infer(call.call, call.stop);
    pass.computed = pass.parted = clock().now();
    if (!queue_->over(clock())) return;
    if (!made) return send_news(call.key.link, call.key.job, refusal_of(made.error()));
    send_result(call, std::move(*made), pass);
  }

  // When it had come so far.
  struct Pass {
    Instant began{}, joined{}, computed{}, parted{};
  };
  void send_result(const QueuedCall& call, w::Inferred&& made, const Pass& pass) {
    made.queued_us = in_microseconds(pass.began - call.came);
    made.input_us = in_microseconds(pass.joined - pass.began);
    made.compute_us = in_microseconds(pass.computed - pass.joined);
    made.output_us = in_microseconds(pass.parted - pass.computed);
    send_when_read(call.key.link, call.key.job, made);
  }

  Status on_job(std::uint32_t link, w::Frame&& frame) override {
    const CallKey key{link, frame.job};
    if (auto* infer = std::get_if<w::Infer>(&frame.body)) {
      take_call(key, std::move(*infer));
    } else if (std::holds_alternative<w::Cancel>(frame.body)) {
      cancel(key);
    } else {
      return caller_error("engine_frame_unexpected", "not a frame for a tensor model");
    }
    return ok();
  }

  void take_call(const CallKey& key, w::Infer&& call) {
    if (!model_) return send_answer(key.link, key.job, refused("model_not_ready", "The model is not loaded yet"));
    for (const CallKey& one : queue_->push(QueuedCall{key, std::move(call), clock().now()})) {
      send_answer(one.link, one.job, refused("engine_queue_full", "The model has more requests than it can hold"));
    }
  }

  // One that runs answers for itself, as one that is over has.
  void cancel(const CallKey& key) {
    if (!model_) return;
    if (queue_->cancel(key)) send_answer(key.link, key.job, refused("cancelled", "The call was cancelled"));
  }

  // Answered before the front loses patience with all of us: so it is known whose call that was, and nobody makes it once more.
  void look() override {
    if (!queue_ || patience_ == nanoseconds(0)) return;
    const std::optional<CallKey> slow = queue_->give_up(patience_, clock().now());
    if (slow) send_answer(slow->link, slow->job, refused("call_too_long", "The model has computed on this input for longer than it may"));
  }

  void count(w::State& now) const override {
    if (!queue_) return;
    const CallQueue::Counts counts = queue_->counts();
    now.queued = counts.waiting;
    now.jobs = counts.waiting + (counts.running ? 1 : 0);
    now.steps = counts.calls;
    now.compute_us = in_microseconds(counts.computed);
    if (counts.running) now.step_us = std::max<std::uint64_t>(in_microseconds(clock().now() - counts.began), 1);
  }

  // A load in progress ends first.
  void stop_work() override {
    if (queue_) queue_->stop();
    if (computing_.joinable()) computing_.join();
  }

  const decltype(TensorWiring::load) load_;
  nanoseconds patience_{0};                     // with a call; 0: without end
  std::shared_ptr<CallQueue> queue_;            // null before a load
  std::shared_ptr<engine::TensorModel> model_;  // null before it is ready
  std::thread computing_;
};

}  // namespace

int run_tensor_host(TensorWiring wiring, const Clock& clock) {
  TensorHost host(std::move(wiring), clock);
  return host.run();
}

}  // namespace gatehouse::adapters
