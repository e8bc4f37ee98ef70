#include "inference.h"

#include <optional>
#include <utility>

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

Result<Inference::Asked> Inference::read(Guest& guest, Ledger& ledger) const {
  GH_TRY(const ModelOfPath named, model_of_path(guest.identified().received().match()));
  GH_TRY(TensorPermitted permitted, desk_.authorizer.permit(guest.identified(), guest.seat(), named.model, named.version));
  const ServedModel& model = permitted.model();
  ledger.model = model.name;
  GH_TRY(const SignaturePtr signature, known_signature(model));
  const TensorBody asked{guest.exchange(), guest.body(), guest.parser(), model, *signature};
  wire::Reading reading;
  w::Infer call;
  if (guest.action() == Action::infer) {
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
  Result<w::Inferred> inferred = co_await desk_.dispatch.infer(reactor, admitted);
  ledger.generated_for = reactor.clock().now() - began;
  count_call(admitted, inferred, *ledger.generated_for, reactor.clock().wall());
  co_return inferred;
}

Task<void> Inference::run(const Received& received, Egress& egress, Ledger& ledger) {
  const Result<std::unique_ptr<Guest>> guest = co_await desk_.receive(received, egress);
  if (!guest) co_return egress.respond(guest.error());
  Result<Asked> asked = read(**guest, ledger);
  (*guest)->understood();
  if (!asked) co_return egress.respond(asked.error());

  Result<TensorMeasured> measured = desk_.measure.measure(asked->permitted, std::move(asked->call));
  if (!measured) co_return egress.respond(measured.error());
  Result<TensorAdmitted> admitted = desk_.admission.admit(std::move(*measured), egress.limits());
  if (!admitted) co_return egress.respond(admitted.error());
  Result<w::Inferred> inferred = co_await compute(received.exchange().reactor(), *admitted, ledger);
  Result<net::Response> response = net::Response(200);
  if (inferred) {
    const ServedModel& model = asked->permitted.model();
    response = std::visit([&](const auto& request) { return reply_to_request(request, model, *inferred); }, asked->request);
  } else {
    response = std::move(inferred).error();
  }
  conclude(admitted->tab(), std::move(response), egress, ledger);
}

}  // namespace gatehouse::gateway
