// gateway/value_limits.h — whether the values of tensors are such as the manifest allows, and the engine can take.
// Threads  pure function
#pragma once
#include <vector>

#include "gatehouse/model/manifest.h"
#include "gatehouse/wire/engine/frames.h"
#include "gatehouse/wire/json/fields.h"

namespace gatehouse::gateway {

// inputs: as the body has them, each fit for the model. Features are the columns of its one input, or its inputs, of a column each. A bad
// value is named by its place in row-major order, at the path of the input's data, which is /inputs/0/data and so on.
void check_values(const std::vector<wire::Tensor>& inputs, const wire::engine::Signature& model,
                  const std::vector<model::Feature>& features, wire::Reading& reading);

}  // namespace gatehouse::gateway
