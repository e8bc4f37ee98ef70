#include "tensor_pipeline.h"

#include <algorithm>
#include <array>
#include <utility>

#include "decisions.h"
#include "engine_wait.h"
#include "gatehouse/base/assert.h"
#include "gatehouse/trees/tensor_predictor.h"
#include "time_limit.h"

namespace gatehouse::gateway {

namespace w = wire::engine;

namespace {

// How long a call waits for a lost engine to come back before it is told to try again itself, and how often,
constexpr seconds engine_patience{5};
constexpr int most_waits = 2;
// and how many engines it may have been with when they ended: it may be what ends them.
constexpr int most_losses = 2;
// Of what one frame to an engine can be, names and shapes take the rest.
constexpr std::size_t most_bytes = w::max_assembled - std::size_t{1024} * 1024;
// What a reactor computes between two looks at its connections: nanoseconds of a core, about. More of it is for the engine.
constexpr std::uint64_t most_native_work = 500'000;

struct CallRefusal {
  std::string_view code, reason;
  Code status;
};
constexpr std::array call_refusals{CallRefusal{"invalid_tensor", "invalid_tensor", Code::invalid_argument},
                                   CallRefusal{"output_too_large", "output_too_large", Code::invalid_argument},
                                   CallRefusal{"engine_queue_full", "server_is_overloaded", Code::unavailable},
                                   CallRefusal{"model_not_ready", "model_loading", Code::unavailable},
                                   CallRefusal{"infer_failed", "infer_failed", Code::internal},
                                   CallRefusal{"call_too_long", "call_too_long", Code::deadline_exceeded}};

Error error_of_call(const w::Refused& refused) {
  const auto meaning = std::ranges::find(call_refusals, std::string_view(refused.code), &CallRefusal::code);
  if (meaning == call_refusals.end()) return internal_error("engine_refused", refused.code + ": " + refused.text);
  // What takes too long was computed for all that time: it is the asker's, and not for another try.
  const bool callers = meaning->status == Code::invalid_argument || meaning->status == Code::deadline_exceeded;
  Error error(meaning->status, callers ? Origin::caller : Origin::engine, meaning->reason, refused.text);
  if (meaning->status != Code::unavailable) return error;
  return std::move(error).with_retry(Retry::after(seconds(2)));
}

nanoseconds in_time(std::uint64_t us) { return std::chrono::microseconds(static_cast<std::int64_t>(us)); }

}  // namespace

// A version that goes at this moment is not refused to who named none: another one answers by now.
Result<TensorPermitted> TensorAuthorizer::permit(const Identified& identified, Running::Seat& seat, const std::string& model,
                                                 std::string_view version) const {
  const ServedModel* before = nullptr;
  for (;;) {
    GH_TRY(const ServedModel* const found, choose_tensor_model(models_, identified.principal(), model));
    GH_TRY(const ServedModel* const chosen, choose_version(models_, *found, version));
    TensorPermitted permitted(identified, seat, *chosen);
    std::optional<Error> closed = chosen->closed();
    if (!closed) return permitted;
    if (chosen == std::exchange(before, chosen)) return std::move(*closed);
  }
}

Result<TensorPermitted> TensorAuthorizer::permit_tasks(const Identified& identified, Running::Seat& seat, const ServedModel& model,
                                                       std::span<const nlu::Task> tasks) {
  GH_CHECK(may_use(identified.principal(), model));
  GH_CHECK(check_tasks(identified.principal(), tasks));
  return TensorPermitted(identified, seat, model);
}

void TensorAdmitted::go_on_with(TensorMeasured next) {
  GH_ASSERT(&next.permitted() == &permitted());
  measured_ = std::move(next);
}

Result<TensorMeasured> TensorMeasure::measure(const TensorPermitted& permitted, w::Infer call) const {
  if (call.inputs.size() > w::most_tensors || call.outputs.size() > w::most_tensors) {
    return caller_error("invalid_tensor", "A call has at most " + std::to_string(w::most_tensors) + " inputs and outputs");
  }
  std::size_t bytes = 0;
  for (const wire::Tensor& tensor : call.inputs) {
    if (const char* fault = wire::fault_in(tensor)) {
      return caller_error("invalid_tensor", "The input '" + tensor.name + "' has " + fault).with_param(tensor.name);
    }
    bytes += tensor.bytes.size() + tensor.name.size();
  }
  for (const std::string& name : call.outputs) bytes += name.size();
  call.tenant = permitted.identified().principal().tenant_number;
  if (bytes > most_bytes) return Error(Code::too_large, Origin::caller, "body_too_large", "The inputs are larger than one call can hold");
  return TensorMeasured(permitted, std::move(call));
}

Result<TensorAdmitted> TensorAdmission::admit(TensorMeasured measured, std::string* fields) const {
  const TensorPermitted& permitted = measured.permitted();
  GH_TRY(Tab tab, governor_.open(permitted.identified(), permitted.model(), fields, needs_of_a_call));
  tab.tell(*fields);
  return TensorAdmitted(std::move(measured), std::move(tab));
}

Result<Tab> TensorAdmission::open(const TensorPermitted& permitted, std::string* fields, std::string_view tasks) const {
  GH_TRY(Tab tab, governor_.open(permitted.identified(), permitted.model(), fields));
  tab.name_task(tasks);
  return tab;
}

Result<TensorAdmitted> TensorAdmission::admit(TensorMeasured measured, Tab tab, std::string* fields, const Measures& needs) {
  const Status paid = tab.measure(needs);
  tab.tell(*fields);
  if (!paid) return paid.error();
  return TensorAdmitted(std::move(measured), std::move(tab));
}

// Nothing: it is for the engine.
std::optional<Result<w::Inferred>> TensorDispatch::computed_here(const TensorAdmitted& admitted) {
  const std::shared_ptr<const trees::TensorPredictor> native = admitted.permitted().model().tensors->native();
  if (!native) return std::nullopt;
  const w::Infer& call = admitted.call();
  const std::optional<std::size_t> rows = native->rows_in(call.inputs, call.outputs);
  if (!rows || *rows > most_native_work / native->work_a_row()) return std::nullopt;
  Result<std::vector<wire::Tensor>> outputs = native->predict(call.inputs, call.outputs);
  if (!outputs) return std::move(outputs).error();
  w::Inferred inferred;
  inferred.outputs = std::move(*outputs);
  return inferred;
}

void count_call(const TensorAdmitted& admitted, const Result<w::Inferred>& inferred, nanoseconds took, WallTime at) {
  InferenceCounts& counts = *admitted.permitted().model().counts;
  if (!inferred) return counts.failed(took);
  const std::vector<wire::Tensor>& inputs = admitted.call().inputs;
  InferenceCounts::Call call;
  if (!inputs.empty() && !inputs.front().shape.empty()) call.rows = static_cast<std::uint64_t>(inputs.front().shape.front());
  call.took = took;
  call.queued = in_time(inferred->queued_us);
  call.input = in_time(inferred->input_us);
  call.output = in_time(inferred->output_us);
  call.pass_rows = inferred->pass_rows == 0 ? call.rows : inferred->pass_rows;
  call.passes = inferred->passes;
  // What was computed here says nothing of that: it is all that the call was.
  const bool here = inferred->queued_us == 0 && inferred->compute_us == 0;
  call.computed = here ? took : in_time(inferred->compute_us);
  counts.succeeded(call, at);
}

Task<Status> TensorDispatch::wait_for_engine(Reactor& reactor, const TensorPermitted& permitted, WhenGone gone) const {
  const TimeLimit limit(permitted.identified(), permitted.seat(), ending_);
  co_return co_await until_there(reactor, *permitted.model().tensors, permitted.identified().received().exchange(), limit, gone);
}

Task<Result<w::Inferred>> TensorDispatch::attempt(Reactor& reactor, const TensorAdmitted& admitted, WhenGone gone) const {
  const TensorPermitted& permitted = admitted.permitted();
  const Status there = co_await wait_for_engine(reactor, permitted, gone);
  if (!there) co_return there.error();
  net::Exchange& exchange = permitted.identified().received().exchange();
  const TimeLimit limit(permitted.identified(), permitted.seat(), ending_);
  auto sent = permitted.model().tensors->infer(reactor, admitted.call());
  if (!sent) co_return std::move(sent).error();
  const std::unique_ptr<engine::TensorCall> call = std::move(*sent);
  const ClientWatch watch(exchange, permitted.seat(), [&call] { call->poke(); });
  Deadline alarm(reactor, [&call] { call->poke(); });
  for (;;) {
    alarm.arm(limit.next_look(reactor.clock().now()));
    co_await call->wait();
    if (gone == WhenGone::is_cancelled && exchange.gone()) co_return client_gone();
    engine::TensorCall::News news = call->take();
    if (news.lost) co_return engine_lost();
    if (news.refused) co_return error_of_call(*news.refused);
    if (news.inferred) co_return std::move(*news.inferred);
    std::optional<Error> over = limit.over(reactor.clock().now());
    if (over) co_return std::move(*over);
  }
}

// Whoever comes while there is no engine waits for it as whoever was with the one before.
Task<Result<w::Inferred>> TensorDispatch::infer(Reactor& reactor, const TensorAdmitted& admitted, WhenGone gone) const {
  std::optional<Result<w::Inferred>> here = computed_here(admitted);
  if (here) co_return std::move(*here);
  const ServedModel& model = admitted.permitted().model();
  for (int waits = 0, losses = 0;; ++waits) {
    Result<w::Inferred> inferred = co_await attempt(reactor, admitted, gone);
    if (inferred || waits == most_waits) co_return inferred;
    const bool lost = inferred.error().reason() == "engine_lost";
    if (lost && ++losses == most_losses) co_return inferred;
    if (!lost && (inferred.error().reason() != "model_loading" || !model.comes_back())) co_return inferred;
    const Instant until = reactor.clock().now() + engine_patience;
    const Status back = co_await model.tensors->until_ready(reactor, until);
    if (!back) co_return inferred;
  }
}

}  // namespace gatehouse::gateway
