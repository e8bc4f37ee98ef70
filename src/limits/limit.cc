#include "gatehouse/limits/limit.h"

#include <array>
#include <type_traits>

namespace gatehouse::limits {
namespace {

template <class State>
[[gnu::noinline]] State& begun_anew(LimitState& state) {
  return state.emplace<State>();
}

// A state that belongs to another kind of limit begins anew.
template <class Rule>
typename Rule::State& state_of(LimitState& state) {
  using State = typename Rule::State;
  State* const mine = std::get_if<State>(&state);
  return mine != nullptr ? *mine : begun_anew<State>(state);
}

// Each with all that it calls: one frame, where there would be two.
template <class Rule>
[[gnu::flatten]] Decision look_as(const Limit& limit, LimitState& state, Units volume, const Moment& now) {
  return look(*std::get_if<Rule>(&limit), state_of<Rule>(state), volume, now);
}
template <class Rule>
[[gnu::flatten]] Hold spend_as(const Limit& limit, LimitState& state, Units volume, Spend how, const Moment& now) {
  return spend(*std::get_if<Rule>(&limit), state_of<Rule>(state), volume, how, now);
}
template <class Rule>
[[gnu::flatten]] void settle_as(const Limit& limit, LimitState& state, const Hold& hold, Units used, const Moment& now) {
  settle(*std::get_if<Rule>(&limit), state_of<Rule>(state), hold, used, now);
}
template <class Rule>
bool full_again_as(const Limit& limit, LimitState& state, const Moment& now) {
  return full_again(*std::get_if<Rule>(&limit), state_of<Rule>(state), now);
}

// What one kind of limit does. A table of them costs a jump, where a visit makes one function of all kinds, which sets up for each
// what the largest of them needs.
struct KindOfLimit {
  Decision (*look)(const Limit&, LimitState&, Units, const Moment&);
  Hold (*spend)(const Limit&, LimitState&, Units, Spend, const Moment&);
  void (*settle)(const Limit&, LimitState&, const Hold&, Units, const Moment&);
  bool (*full_again)(const Limit&, LimitState&, const Moment&);
};
template <class Rule>
constexpr KindOfLimit kind_made_of{look_as<Rule>, spend_as<Rule>, settle_as<Rule>, full_again_as<Rule>};

template <class... Rules>
constexpr std::array<KindOfLimit, sizeof...(Rules)> kinds_of(std::type_identity<std::variant<Rules...>>) {
  return {{kind_made_of<Rules>...}};
}
constexpr auto limit_kinds = kinds_of(std::type_identity<Limit>());

const KindOfLimit& kind_of(const Limit& limit) { return limit_kinds[limit.index()]; }

}  // namespace

Decision look(const Limit& limit, LimitState& state, Units volume, const Moment& now) {
  return kind_of(limit).look(limit, state, volume, now);
}

Hold spend(const Limit& limit, LimitState& state, Units volume, Spend how, const Moment& now) {
  return kind_of(limit).spend(limit, state, volume, how, now);
}

void settle(const Limit& limit, LimitState& state, const Hold& hold, Units used, const Moment& now) {
  kind_of(limit).settle(limit, state, hold, used, now);
}

bool full_again(const Limit& limit, LimitState& state, const Moment& now) { return kind_of(limit).full_again(limit, state, now); }

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
