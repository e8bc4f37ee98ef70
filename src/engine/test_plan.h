// Sequences, and a plan of them, in a few words.
#pragma once
#include <vector>

#include "gatehouse/engine/plan_step.h"

namespace gatehouse::engine {

inline const Instant now = Instant() + seconds(100);

inline SequenceView decoding(Seat seat, std::uint32_t cells = 10) {
  return {.seat = seat, .phase = Phase::decode, .cells = cells, .order = seat};
}
inline SequenceView prefilling(Seat seat, std::uint32_t left, std::uint64_t order) {
  return {.seat = seat, .phase = Phase::prefill, .prompt_left = left, .order = order};
}
inline SequenceView parked(Seat seat, Instant patience = now + seconds(1)) {
  return {.seat = seat, .phase = Phase::parked, .cells = 10, .order = seat, .patience = patience};
}
inline StepLimits limits_of(std::uint32_t seats) {
  return {.seats = seats, .prefill_chunk = 128, .prefill_chunk_alone = 512, .move_cells_max = 1000};
}
inline StepPlan plan(const std::vector<SequenceView>& sequences, const std::vector<WaitingView>& waiting = {},
                     StepLimits limits = limits_of(8), const std::vector<TenantView>& tenants = {}) {
  return plan_step(Standing{sequences, waiting, tenants}, limits, now);
}
inline SequenceView of(std::uint64_t tenant, SequenceView s) {
  s.tenant = tenant;
  return s;
}

}  // namespace gatehouse::engine
