#include "gatehouse/engine/plan_step.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "gatehouse/base/assert.h"
#include "tenant_claims.h"

namespace gatehouse::engine {
namespace {

// Fewer tokens than these, or than this part of the cells, are hardly a run.
constexpr std::uint32_t least_run = 16;

// Who sits where while the plan is made; null = free.
using Seating = std::vector<const SequenceView*>;

// Whether it computes, or soon will.
bool is_running(const SequenceView* s) { return s != nullptr && s->phase != Phase::parked; }

Seating seat_all(std::span<const SequenceView> sequences, std::uint32_t seats) {
  Seating seating(seats, nullptr);
  for (const SequenceView& s : sequences) {
    GH_ASSERT(s.seat < seats && seating[s.seat] == nullptr);
    seating[s.seat] = &s;
  }
  return seating;
}

void expire(Seating& seating, TenantClaims& claims, Instant now, StepPlan& plan) {
  for (Seat seat = 0; seat < seating.size(); ++seat) {
    const SequenceView* s = seating[seat];
    if (s == nullptr || s->phase != Phase::parked || s->patience > now) continue;
    plan.expired.push_back(seat);
    claims.unseat(*s);
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

bool lingers(const SequenceView& s, const StepLimits& limits, Instant now) {
  return s.phase == Phase::parked && now - s.parked_since >= limits.linger;
}

bool has_run(const SequenceView& s) { return s.run >= std::max(least_run, s.cells / least_run); }

// Who makes room for a tenant that holds no seat; null where nobody can.
const SequenceView* for_one_without(const Claim& claim, const Seating& seating, TenantClaims& claims, const StepLimits& limits,
                                    Instant now) {
  const auto rank = [&](const SequenceView& s) {
    const Claim& holder = claims.of(s.tenant);
    return std::tuple(lingers(s, limits, now), holder.seats / holder.weight, holder.done, s.order);
  };
  const SequenceView* best = nullptr;
  for (const SequenceView* s : seating) {
    if (s == nullptr || s->together || s->cells > limits.save_cells_max) continue;
    const Claim& holder = claims.of(s->tenant);
    const bool due = claim.done <= holder.done + claim.of(limits.lead);
    const bool spared = !due || holder.seats < 2 || (s->cells > 0 && !has_run(*s));
    if (spared && !lingers(*s, limits, now)) continue;
    if (best == nullptr || rank(*s) > rank(*best)) best = s;
  }
  return best;
}

// The parked one that is too many of its tenant; null where none is.
const SequenceView* one_too_many(const Seating& seating, const StepLimits& limits, Instant now) {
  std::map<std::uint64_t, std::size_t> parked;
  for (const SequenceView* s : seating) {
    if (s != nullptr && lingers(*s, limits, now)) ++parked[s->tenant];
  }
  const SequenceView* last = nullptr;
  for (const SequenceView* s : seating) {
    if (s == nullptr) continue;
    if (parked[s->tenant] <= std::max<std::size_t>(seating.size() / 4, 1)) continue;
    if (!lingers(*s, limits, now) || s->cells > limits.save_cells_max) continue;
    if (last == nullptr || s->parked_since > last->parked_since) last = s;
  }
  return last;
}

// What the oldest job of the claim takes.
std::uint32_t seats_wanted(const Claim& claim) { return claim.waiting.back()->seats; }

// The claim's oldest job takes these seats.
void seat_job(Claim& claim, std::span<const Seat> seats, TenantClaims& claims, StepPlan& plan) {
  std::uint64_t order = claims.seat(claim).order;
  for (const Seat seat : seats) plan.seat.emplace_back(order++, seat);
}

// Seats for the claim's oldest job out of those that are free and those that others give back, as who says; false, and nothing is
// changed, where they are too few.
template <class Who>
bool make_room(Claim& claim, Seating& seating, TenantClaims& claims, std::vector<Seat>& free, const StepLimits& limits, Who who,
               StepPlan& plan) {
  const std::size_t wanted = seats_wanted(claim), unused = std::min<std::size_t>(wanted, free.size());
  Seating left = seating;
  StepLimits room = limits;
  std::vector<Seat> gives;
  while (unused + gives.size() < wanted) {
    const SequenceView* s = who(left, room);
    if (s == nullptr) break;
    room.save_cells_max -= s->cells;
    claims.unseat(*s);
    gives.push_back(static_cast<Seat>(std::ranges::find(left, s) - left.begin()));
    left[gives.back()] = nullptr;
  }
  if (unused + gives.size() < wanted) {
    for (const Seat seat : gives) claims.keep_seat(*seating[seat]);
    return false;
  }
  seating = std::move(left);
  std::vector<Seat> seats(free.begin(), free.begin() + static_cast<std::ptrdiff_t>(unused));
  free.erase(free.begin(), free.begin() + static_cast<std::ptrdiff_t>(unused));
  seats.insert(seats.end(), gives.begin(), gives.end());
  plan.give_back = std::move(gives);
  seat_job(claim, seats, claims, plan);
  return true;
}

// Where too few seats are free, and none was given away: makes room for one that waits.
void reclaim(Seating& seating, TenantClaims& claims, std::vector<Seat>& free, const StepLimits& limits, Instant now, StepPlan& plan) {
  if (!plan.seat.empty()) return;
  Claim* without = claims.next_without_seat();
  const auto any = [&](const Seating& left, const StepLimits& room) { return for_one_without(*without, left, claims, room, now); };
  if (without != nullptr && make_room(*without, seating, claims, free, limits, any, plan)) return;
  Claim* next = claims.next();
  const auto parked = [&](const Seating& left, const StepLimits& room) { return one_too_many(left, room, now); };
  if (next != nullptr) make_room(*next, seating, claims, free, limits, parked, plan);
}

// Gives the lowest free seats to those whose turn it is; returns the seats that stay free.
std::vector<Seat> seat_waiting(const Seating& seating, TenantClaims& claims, StepPlan& plan) {
  std::vector<Seat> free = free_seats(seating);
  for (Claim* claim = nullptr; !free.empty() && (claim = claims.next()) != nullptr;) {
    const std::uint32_t wanted = seats_wanted(*claim);
    if (wanted > free.size()) break;
    seat_job(*claim, std::span(free).first(wanted), claims, plan);
    free.erase(free.begin(), free.begin() + wanted);
  }
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

// Where prompts are not yet computed.
std::vector<const SequenceView*> prompts(const Seating& seating) {
  std::vector<const SequenceView*> found;
  for (const SequenceView* s : seating) {
    if (s != nullptr && s->phase == Phase::prefill && s->prompt_left > 0) found.push_back(s);
  }
  return found;
}

// Takes out of left the prompt whose turn it is.
const SequenceView* take_prompt(std::vector<const SequenceView*>& left, TenantClaims& claims) {
  const auto rank = [&](const SequenceView* s) { return std::pair(claims.of(s->tenant).done, s->order); };
  const auto found = std::ranges::min_element(left, {}, rank);
  const SequenceView* s = *found;
  left.erase(found);
  return s;
}

// What the first prompt may take, and what all may together.
struct Chunk {
  std::uint32_t first, all;
  // Of one that goes on, whole tiles.
  std::uint32_t of_first(std::uint32_t left) const {
    if (left <= first) return left;
    return std::max(first < attention_tile ? first : first / attention_tile * attention_tile, 1U);
  }
};
// Where that prompt is one of them.
Chunk chunk_with(const SequenceView& prompt, std::size_t decoding, const StepLimits& limits) {
  const auto beside = static_cast<std::uint32_t>(decoding);
  const std::uint32_t all = prefill_chunk(limits.costs, beside, prompt.cells, limits.gap, limits.prefill_chunk);
  if (decoding > 0) return {all, all};
  return {prefill_chunk(limits.costs, 0, prompt.cells, limits.gap_alone, limits.prefill_chunk_alone), all};
}

void choose_prefill(const Seating& seating, TenantClaims& claims, const StepLimits& limits, StepPlan& plan) {
  std::vector<const SequenceView*> left = prompts(seating);
  std::uint32_t used = 0, most = 0;
  while (!left.empty()) {
    const bool first = plan.prefill.empty();
    const SequenceView* s = take_prompt(left, claims);
    const Chunk chunk = chunk_with(*s, plan.decode.size(), limits);
    const std::uint32_t tokens = first ? chunk.of_first(s->prompt_left) : s->prompt_left;
    most = first ? chunk.all : std::min(most, chunk.all);
    if (!first && used + tokens > most) break;
    const auto seat = static_cast<Seat>(std::ranges::find(seating, s) - seating.begin());
    plan.prefill.push_back(Prefill{seat, tokens, tokens == s->prompt_left});
    used += tokens;
    Claim& claim = claims.of(s->tenant);
    claim.done += claim.of(tokens);
    if (tokens < s->prompt_left) break;  // one that goes on is alone
  }
  std::ranges::sort(plan.prefill, {}, &Prefill::seat);
}

}  // namespace

StepPlan plan_step(const Standing& standing, const StepLimits& limits, Instant now) {
  StepPlan plan;
  TenantClaims claims(standing);
  Seating seating = seat_all(standing.sequences, limits.seats);
  expire(seating, claims, now, plan);
  std::vector<Seat> free = seat_waiting(seating, claims, plan);
  reclaim(seating, claims, free, limits, now, plan);
  plan.move = choose_move(seating, free, limits.move_cells_max);
  if (plan.move) std::swap(seating[plan.move->from], seating[plan.move->to]);
  for (Seat seat = 0; seat < seating.size(); ++seat) {
    if (seating[seat] != nullptr && seating[seat]->phase == Phase::decode) plan.decode.push_back(seat);
  }
  choose_prefill(seating, claims, limits, plan);
  return plan;
}

}  // namespace gatehouse::engine
