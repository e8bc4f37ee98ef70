#include "gatehouse/limits/limit.h"

#include <type_traits>

namespace gatehouse::limits {
namespace {

// Calls with the limit as what it is, and its state.
template <class Do>
auto as_kind(const Limit& limit, LimitState& state, const Do& run) {
  return std::visit(
      [&](const auto& rule) {
        using State = typename std::decay_t<decltype(rule)>::State;
        State* mine = std::get_if<State>(&state);
        if (mine == nullptr) mine = &state.emplace<State>();
        return run(rule, *mine);
      },
      limit);
}

}  // namespace

Decision look(const Limit& limit, LimitState& state, Units volume, const Moment& now) {
  return as_kind(limit, state, [&](const auto& rule, auto& mine) { return look(rule, mine, volume, now); });
}

Hold spend(const Limit& limit, LimitState& state, Units volume, Spend how, const Moment& now) {
  return as_kind(limit, state, [&](const auto& rule, auto& mine) { return spend(rule, mine, volume, how, now); });
}

void settle(const Limit& limit, LimitState& state, const Hold& hold, Units used, const Moment& now) {
  as_kind(limit, state, [&](const auto& rule, auto& mine) { settle(rule, mine, hold, used, now); });
}

bool full_again(const Limit& limit, LimitState& state, const Moment& now) {
  return as_kind(limit, state, [&](const auto& rule, auto& mine) { return full_again(rule, mine, now); });
}

Decision decide(const Limit& limit, LimitState& state, Units volume, const Moment& now) {
  const Decision said = look(limit, state, volume, now);
  if (said.admitted && volume > 0) spend(limit, state, volume, Spend::at_once, now);
  return said;
}

std::size_t bytes_of(const LimitState& state) {
  const auto* log = std::get_if<WindowLog>(&state);
  return log == nullptr ? 0 : log->bytes();
}

std::size_t bytes_to_grow(const LimitState& state) {
  const auto* log = std::get_if<WindowLog>(&state);
  return log == nullptr ? 0 : log->bytes_to_grow();
}

}  // namespace gatehouse::limits
