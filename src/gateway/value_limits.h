// gateway/value_limits.h — whether the values of tensors are such as the manifest allows, and the engine can take.
// Threads  pure function
#pragma once
#include <cstdint>
#include <vector>

#include "gatehouse/model/manifest.h"
#include "gatehouse/wire/engine/frames.h"
#include "gatehouse/wire/json/fields.h"

namespace gatehouse::gateway {

// Where a body has its values: /inputs/0/data/7, in row-major order; /instances/1/3 and /inputs/1/3, by row.
enum class ValuePlaces : std::uint8_t { data, instances, columns };

// inputs: each fit for the model. Features are the columns of its one input, or its inputs, of a column each.
void check_values(const std::vector<wire::Tensor>& inputs, const wire::engine::Signature& model,
                  const std::vector<model::Feature>& features, wire::Reading& reading, ValuePlaces places = ValuePlaces::data);

}  // namespace gatehouse::gateway
