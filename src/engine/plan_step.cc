#include "gatehouse/engine/plan_step.h"

#include <algorithm>

#include "gatehouse/base/assert.h"

namespace gatehouse::engine {
namespace {

// Who sits where while the plan is made; null = free.
using Seating = std::vector<const SequenceView*>;

bool is_running(const SequenceView* s) { return s != nullptr && s->phase != Phase::parked; }

Seating seat_all(std::span<const SequenceView> sequences, std::uint32_t seats) {
  Seating seating(seats, nullptr);
  for (const SequenceView& s : sequences) {
    GH_ASSERT(s.seat < seats && seating[s.seat] == nullptr);
    seating[s.seat] = &s;
  }
  return seating;
}

void expire(Seating& seating, Instant now, StepPlan& plan) {
  for (Seat seat = 0; seat < seating.size(); ++seat) {
    const SequenceView* s = seating[seat];
    if (s == nullptr || s->phase != Phase::parked || s->patience > now) continue;
    plan.expired.push_back(seat);
    seating[seat] = nullptr;
  }
}

std::vector<Seat> free_seats(const Seating& seating) {
  std::vector<Seat> free;
  for (Seat seat = 0; seat < seating.size(); ++seat) {
    if (seating[seat] == nullptr) free.push_back(seat);
  }
  return free;
}

// Gives the lowest free seats to the oldest that wait; returns the seats that stay free.
std::vector<Seat> seat_waiting(const Seating& seating, std::span<const WaitingView> waiting, StepPlan& plan) {
  std::vector<Seat> free = free_seats(seating);
  std::vector<std::uint64_t> orders;
  orders.reserve(waiting.size());
  for (const WaitingView& w : waiting) orders.push_back(w.order);
  const auto count = static_cast<std::ptrdiff_t>(std::min(free.size(), orders.size()));
  std::partial_sort(orders.begin(), orders.begin() + count, orders.end());
  for (std::ptrdiff_t i = 0; i < count; ++i) {
    plan.seat.emplace_back(orders[static_cast<std::size_t>(i)], free[static_cast<std::size_t>(i)]);
  }
  free.erase(free.begin(), free.begin() + count);
  return free;
}

// The card's rule of density. free: ascending, without what this plan gives away.
std::optional<SeatMove> choose_move(const Seating& seating, const std::vector<Seat>& free, std::uint32_t cells_max) {
  const auto first = std::ranges::find_if(seating, is_running);
  if (first == seating.end() || free.empty()) return std::nullopt;
  const auto low = static_cast<Seat>(first - seating.begin());
  auto high = static_cast<Seat>(seating.size() - 1);
  while (!is_running(seating[high])) --high;

  const auto hole = std::ranges::lower_bound(free, low);
  if (hole != free.end() && *hole < high) {
    if (seating[high]->cells > cells_max) return std::nullopt;
    return SeatMove{high, *hole};
  }
  for (Seat seat = low + 1; seat < high; ++seat) {
    const SequenceView* s = seating[seat];
    if (s != nullptr && s->phase == Phase::parked && s->cells <= cells_max) return SeatMove{seat, free.front()};
  }
  return std::nullopt;
}

// Where prompts are not yet computed, oldest first.
std::vector<const SequenceView*> prompts(const Seating& seating) {
  std::vector<const SequenceView*> found;
  for (const SequenceView* s : seating) {
    if (s != nullptr && s->phase == Phase::prefill && s->prompt_left > 0) found.push_back(s);
  }
  std::ranges::sort(found, {}, &SequenceView::order);
  return found;
}

void choose_prefill(const Seating& seating, const StepLimits& limits, StepPlan& plan) {
  const std::vector<const SequenceView*> waiting = prompts(seating);
  std::uint32_t used = 0;
  for (const SequenceView* s : waiting) {
    const bool oldest = s == waiting.front();
    const std::uint32_t chunk = oldest && plan.decode.empty() ? limits.prefill_chunk_alone : limits.prefill_chunk;
    const std::uint32_t tokens = oldest ? std::min(s->prompt_left, std::max(chunk, 1U)) : s->prompt_left;
    if (!oldest && used + tokens > chunk) return;
    const auto seat = static_cast<Seat>(std::ranges::find(seating, s) - seating.begin());
    plan.prefill.push_back(Prefill{seat, tokens, tokens == s->prompt_left});
    used += tokens;
  }
}

}  // namespace

StepPlan plan_step(std::span<const SequenceView> sequences, std::span<const WaitingView> waiting, const StepLimits& limits, Instant now) {
  StepPlan plan;
  Seating seating = seat_all(sequences, limits.seats);
  expire(seating, now, plan);
  const std::vector<Seat> free = seat_waiting(seating, waiting, plan);
  plan.move = choose_move(seating, free, limits.move_cells_max);
  if (plan.move) std::swap(seating[plan.move->from], seating[plan.move->to]);
  for (Seat seat = 0; seat < seating.size(); ++seat) {
    if (seating[seat] != nullptr && seating[seat]->phase == Phase::decode) plan.decode.push_back(seat);
  }
  choose_prefill(seating, limits, plan);
  return plan;
}

}  // namespace gatehouse::engine
