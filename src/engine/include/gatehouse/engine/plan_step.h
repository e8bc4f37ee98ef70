// engine/plan_step.h — what the engine does next, decided from what stands: who gets a seat, who decodes, whose prompt goes on.
// Units    tokens and seats; instants of the engine's clock
// Threads  pure function
// Rules    every running sequence decodes in every step; between two such passes at most one more is made, over at most a chunk of prompts
//          (engine/step_costs.h), whatever waits; of a prompt that goes on, whole tiles of attention. A job seated by this plan waits for
//          the next one
// Fairness by tenant, in tokens of work divided by weights (engine/fair_shares.h); within a tenant first come, first served
//          - the lowest free seat goes to the tenant that has been computed for least, with what its seats are still good for counted as
//            done: so seats that come free together are shared out, too
//          - the chunk goes to the prompt whose tenant has been computed for least. Behind it come, in the same order, those whose rest
//            still fits into the chunk, so that a burst of short prompts soon decodes in one batch
// Choices  a job of several answers takes all its seats at once, or waits: nobody whose turn comes later takes what is free meanwhile, but
//          a tenant that holds no seat overtakes one that does. Until its prompt is computed it gives none of them back
// Seats    are given back where too few are free and somebody waits, at most one a step, or as many as the one that waits needs. The
//          sequence is saved, and waits again where its age puts it: at the head of its tenant's queue
//          - for a tenant that holds none: by a sequence that has been parked for a while, else by the youngest of the tenant with the most
//            seats for its weight, two at least, unless the one that waits has been computed for more already, by `lead` tokens: else each
//            tenant had a seat's share whatever its weight. Not by one that has hardly run: what is computed since it took its seat must be
//            16 tokens and a sixteenth of its cells, so that saving and taking up again cost a small part of what is computed between them
//            (some 10 us a cell, against a millisecond and more a token). One with nothing computed has nothing to save
//          - for whoever is next: by the one too many where more than a quarter of the seats is held by parked sequences of one tenant;
//            the last to be parked goes
//          A sequence with more than save_cells_max cells stays.
// Density  one decode pass takes seats n, n+1, n+2...; each gap costs a whole pass over the weights. So running sequences (those that
//          decode or whose prompt is computed) are kept on consecutive seats, at most one move a step:
//          - a free seat between running ones that no waiting job takes: the highest running sequence moves into the lowest such seat;
//          - else a parked sequence between running ones: the lowest such moves to the lowest free seat (outside, by the rule before);
//          a sequence with more than move_cells_max cells stays. Free seats below or above all running ones cost nothing: no move.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "gatehouse/base/clock.h"
#include "gatehouse/engine/sequence_model.h"
#include "gatehouse/engine/step_costs.h"

namespace gatehouse::engine {

// held: computes nothing in this step, and will go on: another choice of its job computes the prompt, or has what is left of the grant.
enum class Phase : std::uint8_t { prefill, decode, parked, held };

struct SequenceView {
  Seat seat = 0;
  Phase phase = Phase::prefill;
  std::uint32_t prompt_left = 0;      // tokens of the prompt not yet computed
  std::uint32_t cells = 0;            // written
  std::uint64_t order = 0;            // of arrival; lower is older
  Instant patience = Instant::max();  // parked: when waiting for a grant becomes an error
  std::uint64_t tenant = 0;
  std::uint32_t granted_left = 0;  // tokens that it may still say
  std::uint32_t run = 0;           // tokens computed since it took its seat
  Instant parked_since = {};       // where it is parked
  bool together = false;           // one of several choices whose prompt is not computed yet
};

struct WaitingView {
  std::uint64_t order = 0;
  std::uint64_t tenant = 0;
  std::uint32_t work = 0;   // known of it: tokens of its prompt not yet computed, and those that it may say
  std::uint32_t seats = 1;  // that it takes at once; the orders behind its own are those of its other choices
};

// A tenant that is not named has a weight of 1 and is at 0.
struct TenantView {
  std::uint64_t tenant = 0;
  std::uint32_t weight = 1;
  double time = 0;  // virtual: the tokens computed for it, divided by its weight
};

struct StepLimits {
  std::uint32_t seats = 16;
  std::uint32_t prefill_chunk = 128;        // at most, while somebody decodes
  std::uint32_t prefill_chunk_alone = 512;  // at most, while nobody does
  StepCosts costs = {};
  nanoseconds gap = milliseconds(250);        // between two tokens of a running sequence, while prompts are computed: aimed at
  nanoseconds gap_alone = milliseconds(500);  // between two plans, while nobody decodes: who comes now waits as long
  std::uint32_t move_cells_max = 4096;        // a sequence longer than this is not worth moving
  std::uint64_t save_cells_max = 0;           // a sequence longer than this cannot be saved now
  std::uint32_t lead = 1024;                  // as much as an answer of the usual length
  nanoseconds linger = milliseconds(100);     // parked no longer than this: its grant may come any moment
};

struct SeatMove {
  Seat from, to;
  friend bool operator==(const SeatMove&, const SeatMove&) = default;
};
struct Prefill {
  Seat seat;
  std::uint32_t tokens;
  bool last;
  friend bool operator==(const Prefill&, const Prefill&) = default;
};

struct StepPlan {
  std::vector<Seat> expired;                         // first: parked longer than their patience; their seats are free for what follows
  std::vector<Seat> give_back;                       // then: the sequences are saved, their seats are free for what follows
  std::optional<SeatMove> move;                      // then; at most one a step
  std::vector<std::pair<std::uint64_t, Seat>> seat;  // waiting (by order) → seat, after the move
  std::vector<Seat> decode;                          // ascending, in the numbering after the move
  std::vector<Prefill> prefill;                      // after the decode, in one pass; ascending
  bool idle() const { return expired.empty() && give_back.empty() && !move && seat.empty() && decode.empty() && prefill.empty(); }
};

// What stands, in any order: every taken seat (each once, below limits.seats); the jobs that were started and have no seat; their tenants.
struct Standing {
  std::span<const SequenceView> sequences;
  std::span<const WaitingView> waiting;
  std::span<const TenantView> tenants;
};

StepPlan plan_step(const Standing& standing, const StepLimits& limits, Instant now);

}  // namespace gatehouse::engine
