#include "model_signature.h"

#include <optional>
#include <utility>
#include <vector>

namespace gatehouse::gateway {
namespace {

Error not_known_yet(const ServedModel& model) {
  if (std::optional<Error> closed = model.closed()) return std::move(*closed);
  if (model.life() == engine::Life::failed)
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
  declared.inputs = model::specs_of(model.manifest->inputs);
  declared.outputs = model::specs_of(model.manifest->outputs);
  return SignaturePtr(std::make_shared<const wire::engine::Signature>(std::move(declared)));
}

}  // namespace gatehouse::gateway
