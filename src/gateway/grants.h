// gateway/grants.h — how much of what a request may have the engine is allowed to compute now.
// Units    tokens; bytes
// Threads  pure function
#pragma once
#include <cstddef>
#include <cstdint>

namespace gatehouse::gateway {

inline constexpr std::uint32_t grant_block = 64;
// Above this much that the client has not taken, its job is not granted more: it parks.
inline constexpr std::size_t unsent_bound = 64 * 1024;

struct GrantState {
  std::uint32_t allowance = 0;  // what is reserved for the request in all
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

constexpr GrantDecision first_grant(std::uint32_t allowance) {
  GrantDecision decision;
  decision.tokens = allowance < grant_block ? allowance : grant_block;
  decision.last = decision.tokens == allowance;
  return decision;
}

constexpr GrantDecision next_grant(const GrantState& state) {
  GrantDecision decision;
  if (!state.wanted && !state.waiting) return decision;
  if (state.unsent > unsent_bound) {
    decision.renew = state.waiting;
    return decision;
  }
  const std::uint32_t left = state.allowance - state.granted;
  decision.tokens = left < grant_block ? left : grant_block;
  decision.last = decision.tokens == left;
  return decision;
}

}  // namespace gatehouse::gateway
