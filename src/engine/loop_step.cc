// One step of the decode loop: what stands becomes a plan, and the plan is carried out over the seats.
#include <algorithm>
#include <utility>

#include "gatehouse/base/assert.h"
#include "gatehouse/engine/loop.h"
#include "loop_clock.h"
#include "prefix_choice.h"
#include "prefix_store.h"
#include "sequence.h"

namespace gatehouse::engine {

namespace w = wire::engine;

std::uint32_t EngineLoop::may_say(const Sequence& s) const {
  const Request& r = s.request;
  const std::uint32_t share = (r.granted_left() + r.live - 1) / r.live;
  return std::min({share, r.per_choice - s.produced, model_.seat_cells() - s.cells});
}

SequenceView EngineLoop::view_of(const Sequence& s) const {
  SequenceView view;
  view.seat = s.seat;
  view.phase = s.phase;
  view.prompt_left = s.phase == Phase::prefill || s.follows ? s.prompt_left() : 0;
  view.cells = s.cells;
  view.order = s.order;
  view.patience = s.phase == Phase::parked ? s.request.deadline : Instant::max();
  view.tenant = s.request.tenant.tenant;
  view.granted_left = may_say(s);
  view.run = s.run;
  view.parked_since = s.parked_since;
  view.together = s.request.several() && s.phase != Phase::parked && s.request.first_token == Instant();
  return view;
}

StepPlan EngineLoop::plan(Instant now) {
  look_at_tenants();
  for (const Sequence* s : seated_) {
    if (s != nullptr) s->request.turns = s->request.granted_left();
  }
  views_.clear();
  for (const Sequence* s : seated_) {
    if (s == nullptr) continue;
    SequenceView& view = views_.emplace_back(view_of(*s));
    if (s->phase != Phase::decode) continue;
    // Its grant is for fewer than all of its choices.
    if (s->request.turns == 0)
      view.phase = Phase::held;
    else
      --s->request.turns;
  }
  queue_views_.clear();
  for (const Sequence* s : waiting_) {
    const Request& r = s->request;
    const bool all = r.unseated();
    const std::uint32_t says = all ? std::min(r.granted_left(), model_.seat_cells()) : may_say(*s);
    const auto seats = all ? static_cast<std::uint32_t>(r.choices.size()) : 1U;
    queue_views_.push_back(WaitingView{s->order, r.tenant.tenant, s->prompt_left() + says, seats});
  }
  StepLimits limits;
  limits.seats = model_.seats();
  limits.prefill_chunk = options_.prefill_chunk;
  limits.costs = costs_.costs();
  limits.move_cells_max = model_.seat_cells();
  limits.save_cells_max = std::uint64_t{model_.seats()} * model_.seat_cells() / 4 - saved_cells_;
  return plan_step(Standing{views_, queue_views_, tenant_views_}, limits, now);
}

// Who wants something, and where each tenant is that has a seat or waits.
void EngineLoop::look_at_tenants() {
  wanting_.clear();
  for (const Sequence* s : waiting_) wanting_.push_back(s->request.tenant);
  for (const Sequence* s : seated_) {
    if (s != nullptr && s->phase == Phase::prefill) wanting_.push_back(s->request.tenant);
  }
  shares_.want(wanting_);
  tenant_views_.clear();
  const auto view = [this](const Wanting& who) {
    tenant_views_.push_back(TenantView{who.tenant, who.weight, shares_.time_of(who.tenant)});
  };
  for (const Sequence* s : waiting_) view(s->request.tenant);
  for (const Sequence* s : seated_) {
    if (s != nullptr) view(s->request.tenant);
  }
}

void EngineLoop::execute(const StepPlan& plan) {
  for (const Seat seat : plan.expired) {
    if (seated_[seat] != nullptr) fail(seated_[seat]->request, "grant_timeout");
  }
  for (const Seat seat : plan.give_back) {
    if (seated_[seat] != nullptr) give_back(seat);
  }
  if (plan.move && seated_[plan.move->from] != nullptr) move_seat(*plan.move);
  take_seats(plan);
  if (!plan.decode.empty()) decode(plan.decode);
  if (!plan.prefill.empty()) prefill(plan.prefill);
}

// Of a job that takes several seats only the first choice waits; the others are known by the orders behind its own.
void EngineLoop::take_seats(const StepPlan& plan) {
  const Sequence* first = nullptr;
  for (const auto& [order, seat] : plan.seat) {
    const auto found = std::ranges::find(waiting_, order, &Sequence::order);
    if (found != waiting_.end()) {
      first = *found;
      waiting_.erase(found);
    } else if (first == nullptr || order - first->order >= first->request.choices.size() - first->index) {
      continue;  // its job has ended in this very step
    }
    Sequence& s = *first->request.choices[first->index + (order - first->order)];
    if (!s.ended()) take_seat(s, seat);
  }
}

nanoseconds EngineLoop::usual_time(const StepPlan& plan) const {
  const StepCosts costs = costs_.costs();
  PromptPass pass;
  for (const Prefill& part : plan.prefill) {
    const Sequence* s = seated_[plan.move && plan.move->to == part.seat ? plan.move->from : part.seat];
    pass.add(s == nullptr ? 0 : s->cells, part.tokens);
  }
  double time = 0;
  if (!plan.decode.empty()) time += costs.decode.of(static_cast<std::uint32_t>(plan.decode.size()));
  if (pass.tokens > 0) time += costs.prefill.of(pass);
  return nanoseconds(static_cast<std::int64_t>(time));
}

void EngineLoop::take_seat(Sequence& s, Seat seat) {
  GH_ASSERT(seat < seated_.size() && seated_[seat] == nullptr);
  if (s.saved) {
    const Status resumed = take_saved(s)->resume(seat);
    if (!resumed) return fail(s.request, resumed.error().reason());
  } else {
    s.request.seated_at = clock_.now();
    s.phase = s.index == 0 ? Phase::prefill : Phase::held;
    model_.open(seat, s.request.sampling_of(s));
    if (s.constraint) model_.constrain(seat, s.constraint);
  }
  seated_[seat] = &s;
  s.seat = seat;
  s.stage = Sequence::Stage::seated;
  s.run = 0;
  if (s.phase == Phase::prefill && s.computed == 0) find_prefix(s);
}

void EngineLoop::give_back(Seat seat) {
  Sequence& s = *seated_[seat];
  if (s.cells > 0) {
    auto saved = model_.save(seat);
    if (!saved) return fail(s.request, saved.error().reason());
    s.saved = std::move(*saved);
    saved_cells_ += s.cells;
    ++counters_.saved;
    counters_.saved_bytes += s.saved->bytes();
  } else {
    model_.close(seat);
    s.request.seated_at = Instant();
    s.follows = false;
  }
  seated_[seat] = nullptr;
  ++counters_.given_back;
  if (s.phase == Phase::parked)
    s.stage = Sequence::Stage::aside;
  else
    wait_for_seat(s);
}

std::unique_ptr<SavedSequence> EngineLoop::take_saved(Sequence& s) {
  saved_cells_ -= s.cells;
  --counters_.saved;
  counters_.saved_bytes -= s.saved->bytes();
  return std::move(s.saved);
}

void EngineLoop::move_seat(const SeatMove& move) {
  Sequence* s = seated_[move.from];
  GH_ASSERT(s != nullptr && seated_[move.to] == nullptr);
  if (!model_.move(move.from, move.to)) return fail(s->request, "engine_move_failed");
  seated_[move.to] = s;
  seated_[move.from] = nullptr;
  s->seat = move.to;
}

void EngineLoop::adapt_threads(nanoseconds took, double usual) {
  if (model_.threads() <= 1) return;
  const std::uint64_t before = std::exchange(preemptions_, model_.preemptions());
  const std::uint32_t computed_with = threads_.threads();
  const PassPace pace{took, nanoseconds(static_cast<std::int64_t>(usual)), preemptions_ > before};
  if (threads_.saw(pace, clock_.now()) != computed_with) model_.compute_with(threads_.threads());
}

void EngineLoop::decode(const std::vector<Seat>& seats) {
  batch_.clear();
  for (const Seat seat : seats) {
    const Sequence* s = seated_[seat];
    if (s != nullptr) batch_.push_back(SeatToken{seat, s->cells, s->next});
  }
  if (batch_.empty()) return;
  const Instant began = clock_.now();
  const Status decoded = computed([&] {
    Status passed = model_.decode(batch_);
    if (passed) {
      for (SeatToken& token : batch_) token.token = model_.sample(token.seat);
    }
    return passed;
  });
  if (decoded) {
    const auto count = static_cast<std::uint32_t>(batch_.size());
    const nanoseconds took = clock_.now() - began;
    const double usual = costs_.costs().decode.of(count);
    if (!threads_.on_trial()) costs_.saw_decode(count, took);
    adapt_threads(took, usual);
  }
  for (const SeatToken& token : batch_) {
    Sequence* s = seated_[token.seat];
    if (s == nullptr) continue;  // another choice of its job has ended all of them
    if (!decoded) {
      fail(s->request, decoded.error().reason());
      continue;
    }
    ++s->cells;
    ++s->run;
    shares_.charge(s->request.tenant, 1);
    advance(*s, token.token);
  }
  ++counters_.steps;
}

void EngineLoop::prefill(const std::vector<Prefill>& plan) {
  parts_.clear();
  PromptPass pass;
  for (const Prefill& part : plan) {
    const Sequence* s = seated_[part.seat];
    if (s == nullptr) continue;  // it ended in this very step
    parts_.push_back(PromptPart{part.seat, s->cells, std::span(s->request.prompt).subspan(s->computed, part.tokens), part.last});
    pass.add(s->cells, part.tokens);
  }
  if (parts_.empty()) return;
  const Instant began = clock_.now();
  const Status filled = computed([&] {
    Status passed = model_.prefill(parts_);
    for (std::size_t i = 0; passed && i < parts_.size(); ++i) {
      const PromptPart& part = parts_[i];
      if (part.last) passed = sample_first(*seated_[part.seat], part.position + static_cast<std::uint32_t>(part.tokens.size()));
    }
    return passed;
  });
  ++counters_.steps;
  if (filled) {
    const nanoseconds took = clock_.now() - began;
    const double usual = costs_.costs().prefill.of(pass);
    if (!threads_.on_trial()) costs_.saw_prefill(pass, took);
    adapt_threads(took, usual);
  }
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    Sequence& s = *seated_[parts_[i].seat];
    if (filled)
      prefilled(s, parts_[i]);
    else
      fail(s.request, filled.error().reason());
  }
}

// The first token of each choice, all from what the prompt ends with.
Status EngineLoop::sample_first(Sequence& s, std::uint32_t cells) {
  fork_seats_.clear();
  for (const auto& choice : s.request.choices) {
    if (choice.get() != &s) fork_seats_.push_back(choice->seat);
  }
  if (!fork_seats_.empty()) GH_CHECK(model_.branch(s.seat, cells, fork_seats_));
  for (const auto& choice : s.request.choices) choice->next = model_.sample(choice->seat);
  return ok();
}

void EngineLoop::prefilled(Sequence& s, const PromptPart& part) {
  Request& r = s.request;
  const auto tokens = static_cast<std::uint32_t>(part.tokens.size());
  s.computed += tokens;
  counters_.prompt_computed += tokens;
  s.cells += tokens;
  s.run += tokens;
  // With the end of a prompt comes a token of each answer.
  shares_.charge(r.tenant, tokens + (part.last ? r.choices.size() : 0));
  if (!part.last) return;
  r.first_token = clock_.now();
  for (const auto& choice : r.choices) {
    choice->phase = Phase::decode;
    choice->computed = s.computed;
    choice->cells = s.cells;
  }
  for (const auto& choice : r.choices) {
    if (!choice->ended()) advance(*choice, choice->next);
  }
}

void EngineLoop::count() {
  std::uint32_t seated = 0;
  std::uint64_t cells = 0;
  for (const Sequence* s : seated_) {
    if (s == nullptr) continue;
    ++seated;
    cells += s->cells;
  }
  counters_.sequences.store(seated, std::memory_order_relaxed);
  counters_.kv_cells.store(cells, std::memory_order_relaxed);
  counters_.prefixes.store(static_cast<std::uint32_t>(prefixes_->size()), std::memory_order_relaxed);
  counters_.prefix_bytes.store(prefixes_->bytes(), std::memory_order_relaxed);
  counters_.queued.store(static_cast<std::uint32_t>(waiting_.size()), std::memory_order_relaxed);
}

}  // namespace gatehouse::engine
