#include "gatehouse/model/state.h"

#include <array>

namespace gatehouse::model {
namespace {

constexpr std::array states{ModelState::declared, ModelState::loading, ModelState::ready,
                            ModelState::draining, ModelState::gone,    ModelState::failed};
constexpr std::array<std::string_view, states.size()> state_names{"declared", "loading", "ready", "draining", "gone", "failed"};

}  // namespace

std::string_view to_string(ModelState state) { return state_names[static_cast<std::size_t>(state)]; }
std::span<const ModelState> all_model_states() { return states; }

}  // namespace gatehouse::model
