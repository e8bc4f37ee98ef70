#include "gatehouse/engine/loop.h"

#include <algorithm>
#include <limits>

#include "gatehouse/base/assert.h"
#include "sequence.h"

namespace gatehouse::engine {

namespace w = wire::engine;

namespace {

// The flag that asks for the next grant goes out when this many tokens or fewer are left.
constexpr std::uint32_t ask_ahead_at = 8;

std::uint64_t microseconds_between(Instant from, Instant to) {
  return to <= from ? 0 : static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(to - from).count());
}

}  // namespace

EngineLoop::EngineLoop(SequenceModel& model, const Clock& clock, EventSink& sink, LoopOptions options)
    : model_(model),
      clock_(clock),
      sink_(sink),
      options_(options),
      commands_(std::size_t{options.queue} * 8 + 1024),
      seated_(model.seats(), nullptr),
      costs_(options_.costs) {}

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
  expire_unseated(now);
  const StepPlan next = plan(now);
  counters_.usual_step_ns.store(usual_time(next).count(), std::memory_order_relaxed);
  counters_.step_began_ns.store(now.time_since_epoch().count(), std::memory_order_relaxed);
  execute(next);
  counters_.step_began_ns.store(0, std::memory_order_relaxed);
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
  s.deadline = Instant::max();
  s.order = next_order_++;
  s.granted = grant;
  s.started = clock_.now();
  wait_for_seat(s);
}

void EngineLoop::wait_for_seat(Sequence& s) {
  s.stage = Sequence::Stage::waiting;
  waiting_.push_back(&s);
}

void EngineLoop::apply_grant(Sequence& s, std::uint32_t tokens) {
  s.granted += std::min(tokens, std::numeric_limits<std::uint32_t>::max() - s.granted);
  if (tokens > 0) s.asked = false;
  if (s.phase != Phase::parked) return;
  s.deadline = tokens > 0 ? Instant::max() : clock_.now() + options_.patience;
  if (tokens == 0) return;
  s.phase = Phase::decode;
  if (s.stage == Sequence::Stage::aside) wait_for_seat(s);
}

void EngineLoop::apply_finish(Sequence& s, w::FinishReason reason) {
  s.finish = reason;
  if (s.phase != Phase::parked) return;
  show_rest(s);
  end(s, reason);
}

void EngineLoop::expire_unseated(Instant now) {
  for (auto& [key, s] : sequences_) {
    if (s->deadline > now) continue;
    if (s->stage == Sequence::Stage::prepared) end(*s, w::FinishReason::error, "prepared_expired");
    if (s->stage == Sequence::Stage::aside) end(*s, w::FinishReason::error, "grant_timeout");
  }
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
  s.parked_since = clock_.now();
  s.deadline = s.parked_since + options_.patience;
  event_of(s).waiting = true;
}

void EngineLoop::end(Sequence& s, w::FinishReason reason, std::string_view error) {
  if (s.stage == Sequence::Stage::waiting) std::erase(waiting_, &s);
  if (s.saved) take_saved(s);
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

Instant EngineLoop::next_deadline() const {
  Instant first = Instant::max();
  for (const auto& [key, s] : sequences_) first = std::min(first, s->deadline);
  if (waiting_.empty()) return first;
  // One that is parked makes room once it lingers.
  const Instant now = clock_.now();
  for (const Sequence* s : seated_) {
    if (s == nullptr || s->phase != Phase::parked) continue;
    const Instant lingers = s->parked_since + StepLimits().linger;
    if (lingers > now) first = std::min(first, lingers);
  }
  return first;
}

}  // namespace gatehouse::engine
