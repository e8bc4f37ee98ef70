#include "inference.h"

#include <optional>
#include <utility>

#include "gatehouse/base/decimal.h"
#include "value_limits.h"

namespace gatehouse::gateway {

namespace w = wire::engine;

namespace {

// Which outputs are to be computed; none: all.
std::vector<std::string> outputs_wanted(const wire::InferRequest& request) {
  std::vector<std::string> wanted;
  for (const wire::InferOutput& output : request.outputs) wanted.push_back(output.name);
  return wanted;
}

Error no_json_form(const wire::Tensor& tensor) {
  return caller_error("invalid_value", "The output '" + tensor.name + "' is " + std::string(to_string(tensor.datatype)) +
                                           ", which has no form in JSON: ask for binary data")
      .with_param("outputs");
}

// The outputs as they were asked for: in the place of values, their classes.
Result<std::vector<wire::AnsweredTensor>> as_asked(const wire::InferRequest& request, std::vector<wire::Tensor>& outputs,
                                                   const std::vector<std::string>& labels) {
  std::vector<wire::AnsweredTensor> answered;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    wire::Tensor& tensor = outputs[i];
    wire::InferOutput all;
    all.form = request.form;
    const wire::InferOutput& wanted = i < request.outputs.size() ? request.outputs[i] : all;
    if (wanted.classes > 0) {
      if (std::optional<wire::Tensor> words = wire::classify(tensor, wanted.classes, labels)) tensor = std::move(*words);
    }
    if (wanted.form == wire::TensorForm::json && !wire::has_json_form(tensor.datatype)) return no_json_form(tensor);
    answered.push_back({&tensor, wanted.form});
  }
  return answered;
}

Result<net::Response> reply_to_request(const wire::InferRequest& request, const ServedModel& model, w::Inferred& inferred) {
  GH_TRY(const std::vector<wire::AnsweredTensor> outputs, as_asked(request, inferred.outputs, model.manifest->labels));
  wire::InferReply reply;
  reply.model = model.name;
  reply.version = model.version;
  reply.id = request.id;
  reply.outputs = outputs;
  std::string body;
  const std::optional<std::size_t> json = wire::write_infer_reply(body, reply);
  net::Response response(200);
  response.body(json ? "application/octet-stream" : "application/json", std::move(body));
  if (json) response.field(wire::header_length_field, std::to_string(*json));
  return response;
}

Result<net::Response> reply_to_request(const wire::TensorPredictRequest& request, const ServedModel&, w::Inferred& inferred) {
  std::string body;
  GH_CHECK(wire::write_tensor_predictions(body, inferred.outputs, request.form, request.rows));
  net::Response response(200);
  response.body("application/json", std::move(body));
  return response;
}

struct TensorBody {
  const net::Exchange& exchange;
  std::string_view body;
  wire::JsonParser& parser;
  const ServedModel& model;
  const w::Signature& signature;
};

Result<wire::InferRequest> read_infer(const TensorBody& asked, wire::Reading& reading) {
  GH_TRY(const wire::InferBytes bytes, wire::split_infer_body(asked.body, asked.exchange.head().field(wire::header_length_field)));
  GH_TRY(const wire::JsonValue root, asked.parser.parse(bytes.json));
  wire::InferRequest request = wire::read_infer_request(root, bytes.binary, asked.signature, reading);
  if (reading.clean()) check_values(request.inputs, asked.signature, asked.model.manifest->features, reading);
  return request;
}

Result<wire::TensorPredictRequest> read_predict(const TensorBody& asked, wire::Reading& reading) {
  GH_TRY(const wire::JsonValue root, asked.parser.parse(asked.body));
  wire::TensorPredictRequest request = wire::read_tensor_predict(root, asked.signature, reading);
  const ValuePlaces places = request.form == wire::PredictForm::rows ? ValuePlaces::instances : ValuePlaces::columns;
  if (reading.clean()) check_values(request.inputs, asked.signature, asked.model.manifest->features, reading, places);
  return request;
}

}  // namespace

Inference::Inference(const ServedModels& models, const Doorkeeper& doorkeeper, const CurrentBodyLimits& bodies, const Ending& ending,
                     std::vector<Running>& running, Governor& governor)
    : authorizer_(models),
      admission_(governor),
      dispatch_(ending),
      doorkeeper_(doorkeeper),
      bodies_(bodies),
      running_(running),
      parsers_(running.size()) {}

Result<Inference::Asked> Inference::read(const Identified& identified, Running::Seat& seat, std::string_view body, Ledger& ledger) {
  net::Exchange& exchange = identified.received().exchange();
  GH_TRY(const ModelOfPath named, model_of_path(identified.received().match()));
  GH_TRY(TensorPermitted permitted, authorizer_.permit(identified, seat, named.model, named.version));
  const ServedModel& model = permitted.model();
  ledger.model = model.name;
  GH_TRY(const SignaturePtr signature, known_signature(model));
  const TensorBody asked{exchange, body, parsers_[static_cast<std::size_t>(exchange.reactor().index())], model, *signature};
  wire::Reading reading;
  w::Infer call;
  if (identified.received().route().action == Action::infer) {
    GH_TRY(wire::InferRequest request, read_infer(asked, reading));
    if (!reading.clean()) return std::move(reading).error();
    call.inputs = std::move(request.inputs);
    call.outputs = outputs_wanted(request);
    return Asked{std::move(permitted), std::move(request), std::move(call)};
  }
  GH_TRY(wire::TensorPredictRequest request, read_predict(asked, reading));
  if (!reading.clean()) return std::move(reading).error();
  call.inputs = std::move(request.inputs);
  return Asked{std::move(permitted), std::move(request), std::move(call)};
}

Task<Result<w::Inferred>> Inference::compute(Reactor& reactor, TensorAdmitted& admitted, Ledger& ledger) const {
  const Instant began = reactor.clock().now();
  Result<w::Inferred> inferred = co_await dispatch_.infer(reactor, admitted);
  ledger.generated_for = reactor.clock().now() - began;
  count_call(admitted, inferred, *ledger.generated_for, reactor.clock().wall());
  if (!inferred && inferred.error().origin() != Origin::caller) admitted.tab().forgive();
  co_return inferred;
}

Task<void> Inference::run(const Received& received, Egress& egress, Ledger& ledger) {
  net::Exchange& exchange = received.exchange();
  Reactor& reactor = exchange.reactor();
  const auto here = static_cast<std::size_t>(reactor.index());
  Result<std::string_view> body = co_await exchange.read_body(bodies_.of(received.route()));
  if (!body) co_return egress.respond(body.error());
  const Result<Identified> identified = co_await doorkeeper_.identify(received, egress.client(), *body);
  if (!identified) co_return egress.respond(identified.error());
  ledger.principal = identified->shared_principal();
  Running::Seat seat(running_[here], identified->principal());
  Result<Asked> asked = read(*identified, seat, *body, ledger);
  parsers_[here].settle();
  exchange.forget_body();
  if (!asked) co_return egress.respond(asked.error());

  Result<TensorMeasured> measured = measure_.measure(asked->permitted, std::move(asked->call));
  if (!measured) co_return egress.respond(measured.error());
  Result<TensorAdmitted> admitted = admission_.admit(std::move(*measured), egress.limits());
  if (!admitted) co_return egress.respond(admitted.error());
  Result<w::Inferred> inferred = co_await compute(reactor, *admitted, ledger);
  if (!inferred) {
    admitted->tab().settle(ledger.usage);
    co_return egress.respond(inferred.error());
  }
  const ServedModel& model = asked->permitted.model();
  Result<net::Response> response =
      std::visit([&](const auto& request) { return reply_to_request(request, model, *inferred); }, asked->request);
  ledger.usage.cost = admitted->tab().cost(ledger.usage);
  if (ledger.usage.cost) egress.set_cost(decimal_text(static_cast<std::int64_t>(*ledger.usage.cost), 9));
  admitted->tab().settle(ledger.usage);
  if (!response) co_return egress.respond(response.error());
  ledger.finish = "stop";
  egress.respond(std::move(*response));
}

}  // namespace gatehouse::gateway
