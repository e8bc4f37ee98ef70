// model/state.h — the life of one version of a model. It only moves forward: to serve it again is a new life.
// Threads  value type, pure functions
#pragma once
#include <cstdint>
#include <span>
#include <string_view>

namespace gatehouse::model {

enum class ModelState : std::uint8_t {
  declared,  // its manifest was read
  loading,   // its files are checked and an engine takes them up
  ready,     // it answers
  draining,  // it answers what it has begun, and nothing new
  gone,      // nothing of it is left
  failed,    // it could not be loaded, or was lost for good
};

std::string_view to_string(ModelState state);
std::span<const ModelState> all_model_states();

constexpr bool is_final(ModelState state) { return state == ModelState::gone || state == ModelState::failed; }
constexpr bool may_move(ModelState from, ModelState to) {
  if (is_final(from) || to == ModelState::declared) return false;
  if (to == ModelState::failed) return from != ModelState::draining;
  if (to == ModelState::gone) return from == ModelState::declared || from == ModelState::draining;
  if (to == ModelState::draining) return from == ModelState::loading || from == ModelState::ready;
  return static_cast<int>(to) == static_cast<int>(from) + 1;
}

}  // namespace gatehouse::model
