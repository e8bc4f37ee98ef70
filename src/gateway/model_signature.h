// gateway/model_signature.h — what a tensor model takes and gives, as far as that is known.
// Threads  any
// Errors   model_loading, engine_unavailable (503), origin engine: neither its manifest nor its engine has said yet
#pragma once
#include <memory>

#include "gatehouse/base/result.h"
#include "gatehouse/gateway/served_models.h"
#include "gatehouse/wire/engine/frames.h"

namespace gatehouse::gateway {

using SignaturePtr = std::shared_ptr<const wire::engine::Signature>;

// By the engine's word, or, before it has given that, by the manifest's. Its outputs may be missing where the manifest has none.
Result<SignaturePtr> known_signature(const ServedModel& model);

}  // namespace gatehouse::gateway
