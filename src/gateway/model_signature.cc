#include "model_signature.h"

#include <vector>

namespace gatehouse::gateway {
namespace {

// The manifest's words are those of the protocol: parse_manifest() has looked.
std::vector<wire::TensorSpec> declared_specs(const std::vector<model::TensorSpec>& said) {
  std::vector<wire::TensorSpec> specs;
  for (const model::TensorSpec& one : said) {
    wire::TensorSpec& spec = specs.emplace_back();
    spec.name = one.name;
    spec.datatype = wire::datatype_named(one.datatype).value_or(wire::Datatype::fp32);
    spec.shape = one.shape;
  }
  return specs;
}

Error not_known_yet(const ServedModel& model) {
  if (model.runner().life() == engine::Life::failed)
    return Error(Code::unavailable, Origin::engine, "engine_unavailable", "The model is not available");
  return Error(Code::unavailable, Origin::engine, "model_loading", "The model is loading, try again soon")
      .with_retry(Retry::after(seconds(2)));
}

}  // namespace

Result<SignaturePtr> known_signature(const ServedModel& model) {
  SignaturePtr said = model.tensors->signature();
  if (said && !said->inputs.empty()) return said;
  if (model.manifest->inputs.empty()) return not_known_yet(model);
  wire::engine::Signature declared;
  declared.inputs = declared_specs(model.manifest->inputs);
  declared.outputs = declared_specs(model.manifest->outputs);
  return SignaturePtr(std::make_shared<const wire::engine::Signature>(std::move(declared)));
}

}  // namespace gatehouse::gateway
