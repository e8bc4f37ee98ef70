#include "gatehouse/engine/loop.h"

#include <algorithm>
#include <limits>

#include "gatehouse/base/assert.h"
#include "score_queue.h"

namespace gatehouse::engine {

namespace w = wire::engine;

namespace {

// The flag that asks for the next grant goes out when this many tokens or fewer are left.
constexpr std::uint32_t ask_ahead_at = 8;

std::uint64_t microseconds_between(Instant from, Instant to) {
  return to <= from ? 0 : static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(to - from).count());
}

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

struct EngineLoop::Sequence {
  Sequence(JobKey key_, PreparedJob&& job) : key(key_), prompt(std::move(job.prompt)), sampling(job.sampling), text(std::move(job.stops)) {}

  enum class Stage : std::uint8_t { prepared, waiting, seated, ended };
  const JobKey key;
  std::vector<Token> prompt;
  w::Sampling sampling;
  TextStream text;
  ScoreQueue scores;
  Stage stage = Stage::prepared;
  Phase phase = Phase::prefill;
  Seat seat = 0;
  std::uint64_t order = 0;
  std::uint32_t computed = 0;  // tokens of the prompt in the cache
  std::uint32_t cells = 0;     // cells written
  std::uint32_t granted = 0, produced = 0;
  Token next = 0;  // sampled, not yet decoded
  bool asked = false;
  std::optional<w::FinishReason> finish;  // what to end with when the grant is used up
  Instant deadline = Instant::max();      // prepared: expiry; parked: end of patience
  Instant started, seated_at, first_token;
  std::ptrdiff_t event = -1;  // index in this step's batch
};

EngineLoop::EngineLoop(SequenceModel& model, const Clock& clock, EventSink& sink, LoopOptions options)
    : model_(model),
      clock_(clock),
      sink_(sink),
      options_(options),
      commands_(std::size_t{options.queue} * 8 + 1024),
      seated_(model.seats(), nullptr) {}

EngineLoop::~EngineLoop() = default;

bool EngineLoop::push(LoopCommand command) {
  const JobKey key = command.key;
  if (const auto* job = std::get_if<PreparedJob>(&command.what)) {
    GH_ASSERT(!job->prompt.empty() && job->prompt.size() <= model_.seat_cells());
    if (!admit(key)) return false;
    if (commands_.push(std::move(command))) return true;
    dismiss(key);
    return false;
  }
  {
    const std::lock_guard lock(known_mutex_);
    if (!known_.contains(key)) return true;
  }
  return commands_.push(std::move(command));
}

bool EngineLoop::admit(const JobKey& key) {
  const std::lock_guard lock(known_mutex_);
  if (known_.size() >= std::size_t{options_.queue} + model_.seats() || !known_.insert(key).second) return false;
  ++counters_.jobs;
  return true;
}

void EngineLoop::dismiss(const JobKey& key) {
  const std::lock_guard lock(known_mutex_);
  known_.erase(key);
  --counters_.jobs;
}

void EngineLoop::run() {
  while (!commands_.closed()) {
    if (!turn()) commands_.wait_until(next_deadline());
  }
}

bool EngineLoop::turn() {
  commands_.drain(inbox_);
  for (LoopCommand& command : inbox_) apply(command);
  const Instant now = clock_.now();
  expire_prepared(now);
  const StepPlan next = plan(now);
  execute(next);
  flush();
  count();
  return !next.idle();
}

void EngineLoop::apply(LoopCommand& command) {
  const auto found = sequences_.find(command.key);
  if (auto* job = std::get_if<PreparedJob>(&command.what)) {
    GH_ASSERT(found == sequences_.end());
    auto s = std::make_unique<Sequence>(command.key, std::move(*job));
    s->deadline = clock_.now() + options_.prepared_lifetime;
    sequences_.emplace(command.key, std::move(s));
    return;
  }
  if (found == sequences_.end()) return;  // it ended while the command was on its way
  Sequence& s = *found->second;
  if (s.stage == Sequence::Stage::ended) return;
  if (const auto* start = std::get_if<w::Start>(&command.what)) apply_start(s, start->grant);
  if (const auto* grant = std::get_if<w::Grant>(&command.what)) apply_grant(s, grant->tokens);
  if (const auto* finish = std::get_if<w::Finish>(&command.what)) apply_finish(s, finish->reason);
  if (std::holds_alternative<w::Cancel>(command.what)) end(s, w::FinishReason::cancelled);
}

void EngineLoop::apply_start(Sequence& s, std::uint32_t grant) {
  if (s.stage != Sequence::Stage::prepared) return;
  if (grant == 0) return end(s, w::FinishReason::error, "start_without_grant");  // nothing is computed without one
  s.stage = Sequence::Stage::waiting;
  s.deadline = Instant::max();
  s.order = next_order_++;
  s.granted = grant;
  s.started = clock_.now();
  waiting_.push_back(&s);
}

void EngineLoop::apply_grant(Sequence& s, std::uint32_t tokens) {
  s.granted += std::min(tokens, std::numeric_limits<std::uint32_t>::max() - s.granted);
  if (tokens > 0) s.asked = false;
  if (s.stage != Sequence::Stage::seated || s.phase != Phase::parked) return;
  s.deadline = tokens > 0 ? Instant::max() : clock_.now() + options_.patience;
  if (tokens > 0) s.phase = Phase::decode;
}

void EngineLoop::apply_finish(Sequence& s, w::FinishReason reason) {
  s.finish = reason;
  if (s.stage != Sequence::Stage::seated || s.phase != Phase::parked) return;
  show_rest(s);
  end(s, reason);
}

void EngineLoop::expire_prepared(Instant now) {
  for (auto& [key, s] : sequences_) {
    if (s->stage == Sequence::Stage::prepared && s->deadline <= now) end(*s, w::FinishReason::error, "prepared_expired");
  }
}

StepPlan EngineLoop::plan(Instant now) {
  views_.clear();
  for (const Sequence* s : seated_) {
    if (s == nullptr) continue;
    SequenceView view;
    view.seat = s->seat;
    view.phase = s->phase;
    view.prompt_left = static_cast<std::uint32_t>(s->prompt.size()) - s->computed;
    view.cells = s->cells;
    view.order = s->order;
    view.patience = s->phase == Phase::parked ? s->deadline : Instant::max();
    views_.push_back(view);
  }
  queue_views_.clear();
  for (const Sequence* s : waiting_) queue_views_.push_back(WaitingView{s->order});
  StepLimits limits;
  limits.seats = model_.seats();
  limits.prefill_chunk = options_.prefill_chunk;
  limits.move_cells_max = model_.seat_cells();
  return plan_step(views_, queue_views_, limits, now);
}

void EngineLoop::execute(const StepPlan& plan) {
  for (const Seat seat : plan.expired) end(*seated_[seat], w::FinishReason::error, "grant_timeout");
  if (plan.move) move_seat(*plan.move);
  for (const auto& [order, seat] : plan.seat) {
    const auto found = std::ranges::find(waiting_, order, &Sequence::order);
    GH_ASSERT(found != waiting_.end());
    Sequence& s = **found;
    waiting_.erase(found);
    take_seat(s, seat);
  }
  if (!plan.decode.empty()) decode(plan.decode);
  for (const Prefill& part : plan.prefill) prefill(part);
}

void EngineLoop::take_seat(Sequence& s, Seat seat) {
  GH_ASSERT(seat < seated_.size() && seated_[seat] == nullptr);
  seated_[seat] = &s;
  s.seat = seat;
  s.stage = Sequence::Stage::seated;
  s.seated_at = clock_.now();
  model_.open(seat, s.sampling);
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
  const Status decoded = computed([&] {
    Status passed = model_.decode(batch_);
    if (passed) {
      for (SeatToken& token : batch_) token.token = model_.sample(token.seat);
    }
    return passed;
  });
  for (const SeatToken& token : batch_) {
    Sequence& s = *seated_[token.seat];
    if (!decoded) {
      end(s, w::FinishReason::error, decoded.error().reason());
      continue;
    }
    ++s.cells;
    advance(s, token.token);
  }
  ++counters_.steps;
}

void EngineLoop::prefill(const Prefill& prefill) {
  Sequence* s = seated_[prefill.seat];
  if (s == nullptr) return;  // it ended in this very step
  const std::span<const Token> part = std::span(s->prompt).subspan(s->computed, prefill.tokens);
  Token first = 0;
  const Status filled = computed([&] {
    Status passed = model_.prefill(prefill.seat, s->cells, part, prefill.last);
    if (passed && prefill.last) first = model_.sample(prefill.seat);
    return passed;
  });
  ++counters_.steps;
  if (!filled) return end(*s, w::FinishReason::error, filled.error().reason());
  s->computed += prefill.tokens;
  s->cells += prefill.tokens;
  if (!prefill.last) return;
  s->first_token = clock_.now();
  s->phase = Phase::decode;
  advance(*s, first);
}

void EngineLoop::advance(Sequence& s, Token token) {
  GH_ASSERT(s.produced < s.granted);
  if (model_.is_end(token)) {
    show_rest(s);
    return end(s, w::FinishReason::stop);
  }
  ++s.produced;
  s.next = token;
  w::TokenEvent& event = event_of(s);
  ++event.count;
  const bool stopped = s.text.push(model_.piece(token), event.text);
  if (s.sampling.logprobs) {
    s.scores.push(model_.score(s.seat), s.text.pushed());
    s.scores.tell_up_to(s.text.shown(), event.scores);
  }
  if (stopped) return end(s, w::FinishReason::stop);
  const bool seat_full = s.cells >= model_.seat_cells();
  if (seat_full || (s.produced == s.granted && s.finish)) {
    show_rest(s);
    return end(s, seat_full ? w::FinishReason::length : *s.finish);
  }
  if (s.produced == s.granted) return park(s);
  if (!s.asked && !s.finish && s.granted - s.produced <= ask_ahead_at) event.ask_ahead = s.asked = true;
}

void EngineLoop::park(Sequence& s) {
  s.phase = Phase::parked;
  s.deadline = clock_.now() + options_.patience;
  event_of(s).waiting = true;
}

void EngineLoop::end(Sequence& s, w::FinishReason reason, std::string_view error) {
  if (s.stage == Sequence::Stage::waiting) std::erase(waiting_, &s);
  if (s.stage == Sequence::Stage::seated) {
    model_.close(s.seat);
    seated_[s.seat] = nullptr;
  }
  const Instant now = clock_.now();
  w::Done done;
  done.reason = reason;
  done.prompt_tokens = static_cast<std::uint32_t>(s.prompt.size());
  done.completion_tokens = s.produced;
  if (s.seated_at != Instant()) {
    done.queued_us = microseconds_between(s.started, s.seated_at);
    const Instant prefilled = s.first_token == Instant() ? now : s.first_token;
    done.prefill_us = microseconds_between(s.seated_at, prefilled);
    done.decode_us = microseconds_between(prefilled, now);
  }
  done.error = std::string(error);
  s.stage = Sequence::Stage::ended;
  dones_.emplace_back(s.key, std::move(done));
}

void EngineLoop::show_rest(Sequence& s) {
  std::string rest;
  s.text.finish(rest);
  if (!rest.empty()) event_of(s).text += rest;
  if (!s.scores.empty()) s.scores.tell_all(event_of(s).scores);
}

w::TokenEvent& EngineLoop::event_of(Sequence& s) {
  auto& events = batches_[s.key.link].events;
  if (s.event < 0) {
    s.event = static_cast<std::ptrdiff_t>(events.size());
    events.emplace_back().job = s.key.job;
  }
  return events[static_cast<std::size_t>(s.event)];
}

void EngineLoop::flush() {
  for (auto& [link, batch] : batches_) {
    if (batch.events.empty()) continue;
    for (const w::TokenEvent& event : batch.events) sequences_.at(JobKey{link, event.job})->event = -1;
    sink_.send(link, 0, batch);
    batch.events.clear();
  }
  for (const auto& [key, done] : dones_) {
    sequences_.erase(key);
    dismiss(key);
    sink_.send(key.link, key.job, done);
  }
  dones_.clear();
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

Instant EngineLoop::next_deadline() const {
  Instant first = Instant::max();
  for (const auto& [key, s] : sequences_) first = std::min(first, s->deadline);
  return first;
}

}  // namespace gatehouse::engine
