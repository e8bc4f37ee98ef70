// adapters/engine_child/states.h — what the front itself says of an engine.
#pragma once
#include <string>
#include <utility>

#include "gatehouse/wire/engine/frames.h"

namespace gatehouse::adapters {

inline wire::engine::State state_of(wire::engine::ModelState state, std::string detail) {
  wire::engine::State made;
  made.state = state;
  made.detail = std::move(detail);
  return made;
}

}  // namespace gatehouse::adapters
