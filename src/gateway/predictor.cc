#include "predictor.h"

#include <algorithm>
#include <array>
#include <exception>
#include <optional>
#include <utility>

#include "gatehouse/config/nearest.h"
#include "gatehouse/wire/form/form.h"
#include "head_fields.h"
#include "predictions.h"

namespace gatehouse::gateway {

namespace w = wire::engine;

namespace {

constexpr std::array<std::string_view, 2> members{"data", "model"};
constexpr std::size_t longest_model = 64;
// Of one answer: what is made of a row takes several times what its values do.
constexpr std::size_t most_rows = 65'536;
constexpr std::uint64_t most_value_bytes = 4UL * 1024 * 1024;

// What the body says before it is known which model its rows are for.
struct PredictBody {
  std::string model;
  std::optional<wire::JsonValue> data;
};

PredictBody read_members(const wire::JsonValue& root, wire::Reading& reading) {
  PredictBody body;
  if (!root.is_object()) {
    reading.fault("is " + std::string(wire::describe_kind(root.kind())), "an object");
    return body;
  }
  for (const wire::JsonMember member : root.members()) {
    if (member.key == "data") {
      body.data = member.value;
    } else if (member.key != "model") {
      reading.unknown_member(member.key, member.key.empty() ? members[0] : config::nearest(member.key, members));
    } else if (!member.value.is_string() || member.value.string().empty() || member.value.string().size() > longest_model) {
      reading.fault_at("model", "is no name of a model", "a string of 1 to 64 characters");
    } else {
      body.model = member.value.string();
    }
  }
  if (!body.data) reading.fault_at("data", "is missing", "a row of values, or a list of rows");
  return body;
}

// What the manifest says, else what the graph does. Empty: neither is known yet.
std::vector<wire::TensorSpec> inputs_of(const ServedModel& model) {
  std::vector<wire::TensorSpec> inputs = model::specs_of(model.manifest->inputs);
  return inputs.empty() ? model.tensors->signature()->inputs : inputs;
}

Error model_still_loading() {
  return Error(Code::unavailable, Origin::engine, "model_loading", "The model is loading, try again soon")
      .with_retry(Retry::after(seconds(2)));
}

Result<bool> wants_explanation(std::string_view query) {
  GH_TRY(const wire::Form form, wire::Form::parse(query));
  const auto explain = form.find("explain");
  if (!explain || *explain == "false") return false;
  if (*explain == "true") return true;
  return caller_error("invalid_value", "explain is true or false").with_param("explain");
}

// As far as the model says how many values it has for a row.
std::uint64_t bytes_a_row(const wire::engine::Signature& signature) {
  std::uint64_t bytes = 0;
  for (const wire::TensorSpec& output : signature.outputs) {
    std::uint64_t values = 1;
    for (std::size_t i = 1; i < output.shape.size(); ++i) {
      values = std::min<std::uint64_t>(values * static_cast<std::uint64_t>(std::clamp<std::int64_t>(output.shape[i], 1, most_value_bytes)),
                                       most_value_bytes);
    }
    bytes += values * std::max<std::size_t>(wire::width_of(output.datatype), 1);
  }
  return std::max<std::uint64_t>(bytes, 1);
}

Status check_count(const ServedModel& model, std::size_t rows) {
  const std::uint64_t most = std::min<std::uint64_t>(most_rows, most_value_bytes / bytes_a_row(*model.tensors->signature()));
  if (rows <= most) return ok();
  return Error(Code::too_large, Origin::caller, "too_many_rows",
               "There are " + std::to_string(rows) + " rows, and one answer of this model holds at most " + std::to_string(most))
      .with_param("data");
}

net::Response reply_of(const std::vector<wire::Prediction>& predictions, wire::RowForm form) {
  std::string json;
  wire::write_predict_reply(json, predictions, form);
  return json_response(std::move(json));
}

// Whoever asks for explanations asks for something else.
std::string body_and_query(std::string_view body, std::string_view query) { return std::string(body).append("\n?").append(query); }

}  // namespace

// All that is wrong with it is said at once, as far as it is known what is right.
Result<Predictor::Asked> Predictor::read(Guest& guest, Ledger& ledger) {
  GH_TRY(const bool explain, wants_explanation(guest.exchange().head().query));
  GH_TRY(const wire::JsonValue root, guest.parser().parse(guest.body()));
  wire::Reading reading;
  const PredictBody said = read_members(root, reading);
  Result<TensorPermitted> permitted = desk_.authorizer.permit(guest.identified(), guest.seat(), said.model);
  if (!permitted) return reading.clean() ? std::move(permitted).error() : std::move(reading).error();
  const ServedModel& model = permitted->model();
  ledger.model = model.name;
  const std::vector<wire::TensorSpec> inputs = inputs_of(model);
  if (inputs.empty()) return reading.clean() ? model_still_loading() : std::move(reading).error();
  GH_TRY(const TableForm form, table_form(inputs, model.manifest->features));
  TableRows rows;
  if (said.data) {
    const wire::PathStep step(reading, "data");
    rows = read_rows(form, *said.data, reading);
  }
  if (!reading.clean()) return std::move(reading).error();
  GH_CHECK(check_count(model, rows.count));
  if (explain) GH_CHECK(contributions_.check(model, rows.count));
  return Asked{std::move(*permitted), std::move(rows), explain};
}

Task<Result<Predictor::Predictions>> Predictor::predict(Reactor& reactor, Asked& asked, const TensorAdmitted& admitted, WhenGone gone) {
  const Instant began = reactor.clock().now();
  const Result<w::Inferred> inferred = co_await desk_.dispatch.infer(reactor, admitted, gone);
  count_call(admitted, inferred, reactor.clock().now() - began, reactor.clock().wall());
  if (!inferred) co_return inferred.error();
  auto predictions = predictions_of(*inferred, asked.permitted.model().manifest->labels, asked.rows.count);
  if (!predictions) co_return std::move(predictions).error();
  for (std::size_t i = 0; i < predictions->size(); ++i) (*predictions)[i].outside = std::move(asked.rows.outside[i]);
  if (!asked.explain) co_return std::move(*predictions);
  auto explanations = co_await contributions_.explain(reactor, admitted, asked.rows.count);
  if (!explanations) co_return std::move(explanations).error();
  for (std::size_t i = 0; i < predictions->size(); ++i) (*predictions)[i].explanation = std::move((*explanations)[i]);
  co_return std::move(*predictions);
}

Task<void> Predictor::run(const Received& received, Egress& egress, Ledger& ledger) {
  const Result<std::optional<std::string_view>> key = idempotency_key(received.exchange().head());
  if (!key) co_return egress.respond(key.error());
  const Result<std::unique_ptr<Guest>> found = co_await desk_.receive(received, egress);
  if (!found) co_return egress.respond(found.error());
  Guest& guest = **found;
  std::optional<OnceRequest> once;
  if (*key) once = idempotency_.name(guest.identified(), **key, body_and_query(guest.body(), guest.exchange().head().query));
  Result<Asked> asked = read(guest, ledger);
  guest.understood();
  if (!asked) co_return egress.respond(asked.error());

  w::Infer call;
  call.inputs = std::move(asked->rows.inputs);
  call.room = most_value_bytes;
  Result<TensorMeasured> measured = desk_.measure.measure(asked->permitted, std::move(call));
  if (!measured) co_return egress.respond(measured.error());
  if (once) co_return co_await answer_once(*asked, std::move(*measured), egress, ledger, *once);
  Result<TensorAdmitted> admitted = desk_.admission.admit(std::move(*measured), egress.limits());
  if (!admitted) co_return egress.respond(admitted.error());
  co_await answer(*asked, *admitted, egress, ledger, WhenGone::is_cancelled);
}

Task<Outcome> Predictor::answer(Asked& asked, TensorAdmitted& admitted, Egress& egress, Ledger& ledger, WhenGone gone) {
  Reactor& reactor = egress.exchange().reactor();
  Outcome outcome;
  const Instant began = reactor.clock().now();
  const Result<Predictions> predictions = co_await predict(reactor, asked, admitted, gone);
  outcome.generated_for = ledger.generated_for = reactor.clock().now() - began;
  outcome.answered = true;
  if (!predictions) {
    outcome.error = predictions.error();
    if (predictions.error().origin() != Origin::caller) {
      admitted.tab().forgive();
      outcome.generated_for.reset();
    }
    if (!egress.holds_end()) admitted.tab().settle(outcome.usage);
    egress.respond(predictions.error());
    co_return outcome;
  }
  tell_cost(admitted.tab(), egress, ledger.usage);
  outcome.usage = ledger.usage;
  outcome.finish = ledger.finish = "stop";
  if (!egress.holds_end()) admitted.tab().settle(outcome.usage);
  egress.respond(reply_of(*predictions, asked.rows.form));
  co_return outcome;
}

// What is told is durable before it is settled, and settled before it is told: as a text is.
Task<void> Predictor::answer_once(Asked& asked, TensorMeasured measured, Egress& egress, Ledger& ledger, const OnceRequest& once) {
  Reactor& reactor = egress.exchange().reactor();
  const TensorPermitted& permitted = asked.permitted;
  Opening opening;
  Result<Tab> tab = desk_.governor.open(permitted.identified(), permitted.model(), egress.limits(), &opening.counted);
  if (!tab) opening.status = tab.error();
  if (tab) tab->tell(*egress.limits());
  if (!tab && !is_used_up(opening.status)) co_return egress.respond(tab.error());
  const Repeat repeat = co_await again_.look(permitted.identified(), permitted.model(), egress, once, opening);
  if (repeat != Repeat::is_none) {
    ledger.finish = finish_of(repeat);
    co_return;
  }
  Recording recording;
  egress.record(recording);
  tab->mark(once.call);
  Outcome outcome;
  Result<TensorAdmitted> admitted = TensorAdmission::admit(std::move(measured), std::move(*tab), egress.limits());
  if (admitted) {
    outcome = co_await make_once(asked, *admitted, egress, ledger, once);
  } else {
    egress.respond(admitted.error());
  }
  co_await idempotency_.end(reactor, once, outcome, recording);
  if (admitted) admitted->tab().settle(outcome.usage);
  egress.release();
}

// What broke is for the envelope to say.
Task<Outcome> Predictor::make_once(Asked& asked, TensorAdmitted& admitted, Egress& egress, Ledger& ledger, const OnceRequest& once) {
  std::exception_ptr broke;
  Outcome outcome;
  try {
    outcome = co_await answer(asked, admitted, egress, ledger, WhenGone::goes_on);
  } catch (...) {
    broke = std::current_exception();
  }
  if (broke) {
    co_await idempotency_.break_off(egress.exchange().reactor(), once);
    std::rethrow_exception(broke);
  }
  co_return outcome;
}

}  // namespace gatehouse::gateway
