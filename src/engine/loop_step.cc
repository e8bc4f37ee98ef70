// One step of the decode loop: what stands becomes a plan, and the plan is carried out over the seats.
#include <algorithm>

#include "gatehouse/base/assert.h"
#include "gatehouse/engine/loop.h"
#include "sequence.h"

namespace gatehouse::engine {

namespace w = wire::engine;

namespace {

// As long as it lives, the thread computes.
class Computing {
 public:
  Computing(const Clock& clock, std::atomic<std::uint64_t>& total) : clock_(clock), total_(total), began_(clock.thread_cpu()) {}
  ~Computing() { total_.fetch_add(static_cast<std::uint64_t>((clock_.thread_cpu() - began_).count()), std::memory_order_relaxed); }
  Computing(const Computing&) = delete;
  Computing& operator=(const Computing&) = delete;

 private:
  const Clock& clock_;
  std::atomic<std::uint64_t>& total_;
  const nanoseconds began_;
};

}  // namespace

StepPlan EngineLoop::plan(Instant now) {
  look_at_tenants();
  const auto may_say = [this](const Sequence& s) { return std::min(s.granted_left(), model_.seat_cells() - s.cells); };
  views_.clear();
  for (const Sequence* s : seated_) {
    if (s == nullptr) continue;
    SequenceView view;
    view.seat = s->seat;
    view.phase = s->phase;
    view.prompt_left = s->prompt_left();
    view.cells = s->cells;
    view.order = s->order;
    view.patience = s->phase == Phase::parked ? s->deadline : Instant::max();
    view.tenant = s->tenant.tenant;
    view.granted_left = may_say(*s);
    view.run = s->run;
    view.parked_since = s->parked_since;
    views_.push_back(view);
  }
  queue_views_.clear();
  for (const Sequence* s : waiting_) {
    queue_views_.push_back(WaitingView{s->order, s->tenant.tenant, s->prompt_left() + may_say(*s)});
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
  for (const Sequence* s : waiting_) wanting_.push_back(s->tenant);
  for (const Sequence* s : seated_) {
    if (s != nullptr && s->phase == Phase::prefill) wanting_.push_back(s->tenant);
  }
  shares_.want(wanting_);
  tenant_views_.clear();
  const auto view = [this](const Wanting& who) {
    tenant_views_.push_back(TenantView{who.tenant, who.weight, shares_.time_of(who.tenant)});
  };
  for (const Sequence* s : waiting_) view(s->tenant);
  for (const Sequence* s : seated_) {
    if (s != nullptr) view(s->tenant);
  }
}

void EngineLoop::execute(const StepPlan& plan) {
  for (const Seat seat : plan.expired) end(*seated_[seat], w::FinishReason::error, "grant_timeout");
  if (plan.give_back) give_back(*plan.give_back);
  if (plan.move) move_seat(*plan.move);
  for (const auto& [order, seat] : plan.seat) {
    const auto found = std::ranges::find(waiting_, order, &Sequence::order);
    GH_ASSERT(found != waiting_.end());
    Sequence& s = **found;
    waiting_.erase(found);
    take_seat(s, seat);
  }
  if (!plan.decode.empty()) decode(plan.decode);
  if (!plan.prefill.empty()) prefill(plan.prefill);
}

nanoseconds EngineLoop::usual_time(const StepPlan& plan) const {
  const StepCosts costs = costs_.costs();
  std::uint32_t tokens = 0;
  for (const Prefill& part : plan.prefill) tokens += part.tokens;
  double time = 0;
  if (!plan.decode.empty()) time += costs.decode.of(static_cast<std::uint32_t>(plan.decode.size()));
  if (tokens > 0) time += costs.prefill.of(tokens);
  return nanoseconds(static_cast<std::int64_t>(time));
}

void EngineLoop::take_seat(Sequence& s, Seat seat) {
  GH_ASSERT(seat < seated_.size() && seated_[seat] == nullptr);
  if (s.saved) {
    const Status resumed = take_saved(s)->resume(seat);
    if (!resumed) return end(s, w::FinishReason::error, resumed.error().reason());
  } else {
    s.seated_at = clock_.now();
    model_.open(seat, s.sampling);
    if (s.constraint) model_.constrain(seat, s.constraint);
  }
  seated_[seat] = &s;
  s.seat = seat;
  s.stage = Sequence::Stage::seated;
  s.run = 0;
}

void EngineLoop::give_back(Seat seat) {
  Sequence& s = *seated_[seat];
  if (s.cells > 0) {
    auto saved = model_.save(seat);
    if (!saved) return end(s, w::FinishReason::error, saved.error().reason());
    s.saved = std::move(*saved);
    saved_cells_ += s.cells;
    ++counters_.saved;
    counters_.saved_bytes += s.saved->bytes();
  } else {
    model_.close(seat);
    s.seated_at = Instant();
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
  if (!model_.move(move.from, move.to)) return end(*s, w::FinishReason::error, "engine_move_failed");
  seated_[move.to] = s;
  seated_[move.from] = nullptr;
  s->seat = move.to;
}

template <class Work>
auto EngineLoop::computed(Work&& work) {
  const Computing computing(clock_, counters_.compute_ns);
  return work();
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
  if (decoded) costs_.saw_decode(static_cast<std::uint32_t>(batch_.size()), clock_.now() - began);
  for (const SeatToken& token : batch_) {
    Sequence& s = *seated_[token.seat];
    if (!decoded) {
      end(s, w::FinishReason::error, decoded.error().reason());
      continue;
    }
    ++s.cells;
    ++s.run;
    shares_.charge(s.tenant, 1);
    advance(s, token.token);
  }
  ++counters_.steps;
}

void EngineLoop::prefill(const std::vector<Prefill>& plan) {
  parts_.clear();
  std::uint32_t tokens = 0;
  for (const Prefill& part : plan) {
    const Sequence* s = seated_[part.seat];
    if (s == nullptr) continue;  // it ended in this very step
    parts_.push_back(PromptPart{part.seat, s->cells, std::span(s->prompt).subspan(s->computed, part.tokens), part.last});
    tokens += part.tokens;
  }
  if (parts_.empty()) return;
  first_tokens_.assign(parts_.size(), 0);
  const Instant began = clock_.now();
  const Status filled = computed([&] {
    Status passed = model_.prefill(parts_);
    for (std::size_t i = 0; passed && i < parts_.size(); ++i) {
      if (parts_[i].last) first_tokens_[i] = model_.sample(parts_[i].seat);
    }
    return passed;
  });
  ++counters_.steps;
  if (filled) costs_.saw_prefill(tokens, clock_.now() - began);
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    Sequence& s = *seated_[parts_[i].seat];
    if (filled)
      prefilled(s, parts_[i], first_tokens_[i]);
    else
      end(s, w::FinishReason::error, filled.error().reason());
  }
}

void EngineLoop::prefilled(Sequence& s, const PromptPart& part, Token first) {
  const auto tokens = static_cast<std::uint32_t>(part.tokens.size());
  s.computed += tokens;
  s.cells += tokens;
  s.run += tokens;
  shares_.charge(s.tenant, tokens + (part.last ? 1U : 0U));  // with the end of a prompt comes a token
  if (!part.last) return;
  s.first_token = clock_.now();
  s.phase = Phase::decode;
  advance(s, first);
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
  counters_.queued.store(static_cast<std::uint32_t>(waiting_.size()), std::memory_order_relaxed);
}

}  // namespace gatehouse::engine
