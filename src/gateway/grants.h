// gateway/grants.h — how much of what a request may have the engine is allowed to compute now.
// Units    tokens; bytes
// Threads  pure function
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace gatehouse::gateway {

inline constexpr std::uint32_t grant_block = 64;
// Above this much that the client has not taken, its job is not granted more: it parks.
inline constexpr std::size_t unsent_bound = 64 * 1024;

struct GrantState {
  std::uint32_t allowance = 0;  // what is reserved for the request in all
  std::uint32_t choices = 1;    // answers that it is for
  std::uint32_t granted = 0;
  std::size_t unsent = 0;
  bool wanted = false;   // the engine has asked and has not been answered
  bool waiting = false;  // and computes nothing until it is
};

struct GrantDecision {
  std::uint32_t tokens = 0;
  bool last = false;   // nothing will follow: finish(length) goes with it
  bool renew = false;  // hold the job without granting: a grant of 0 keeps the engine's patience
};

// A block for each answer, of what is left.
constexpr GrantDecision grant_of(std::uint32_t left, std::uint32_t choices) {
  const std::uint64_t block = std::uint64_t{grant_block} * choices;
  GrantDecision decision;
  decision.tokens = left < block ? left : static_cast<std::uint32_t>(block);
  decision.last = decision.tokens == left;
  return decision;
}

constexpr GrantDecision first_grant(std::uint32_t allowance, std::uint32_t choices = 1) { return grant_of(allowance, choices); }

constexpr GrantDecision next_grant(const GrantState& state) {
  GrantDecision decision;
  if (!state.wanted && !state.waiting) return decision;
  if (state.unsent > unsent_bound) {
    decision.renew = state.waiting;
    return decision;
  }
  return grant_of(state.allowance - state.granted, state.choices);
}

// Of what budgets hold, in tokens, how many one answer takes at a time. Near the end it takes little: what one holds and does not use is
// what others who draw on the same budget miss.
constexpr std::uint32_t share_of(std::uint64_t left, std::uint32_t wanted) {
  constexpr std::uint64_t who_may_share_it = 128;
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(wanted, std::max<std::uint64_t>(left / who_may_share_it, 1)));
}

}  // namespace gatehouse::gateway
