#include "gatehouse/engine/loop.h"

#include <algorithm>
#include <limits>

#include "gatehouse/base/assert.h"
#include "prefix_choice.h"
#include "prefix_store.h"
#include "sequence.h"

namespace gatehouse::engine {

namespace w = wire::engine;

namespace {

// The flag that asks for the next grant goes out when this many tokens a choice, or fewer, are left.
constexpr std::uint32_t ask_ahead_at = 8;

std::uint64_t microseconds_between(Instant from, Instant to) {
  return to <= from ? 0 : static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(to - from).count());
}

}  // namespace

EngineLoop::Request::Request(JobKey key_, PreparedJob&& job)
    : key(key_), tenant{job.tenant, job.weight}, prompt(std::move(job.prompt)), sampling(std::move(job.sampling)), live(job.choices) {
  for (std::uint32_t i = 0; i < job.choices; ++i) {
    const bool own = i > 0 && job.constraint;
    auto constraint = own ? std::shared_ptr<Constraint>(job.constraint->copy()) : job.constraint;
    choices.push_back(std::make_unique<Sequence>(*this, i, job.stops, std::move(constraint)));
  }
}

w::Sampling EngineLoop::Request::sampling_of(const Sequence& s) const {
  w::Sampling own = sampling;
  if (own.seed) *own.seed += s.index;
  return own;
}

EngineLoop::EngineLoop(SequenceModel& model, const Clock& clock, EventSink& sink, LoopOptions options)
    : model_(model),
      clock_(clock),
      sink_(sink),
      options_(options),
      commands_(std::size_t{options.queue} * 8 + 1024),
      seated_(model.seats(), nullptr),
      costs_(options_.costs),
      threads_(model.threads()),
      prefixes_(std::make_unique<PrefixStore>(options_.prefix_bytes)) {}

EngineLoop::~EngineLoop() = default;

bool EngineLoop::push(LoopCommand command) {
  const JobKey key = command.key;
  if (const auto* job = std::get_if<PreparedJob>(&command.what)) {
    GH_ASSERT(!job->prompt.empty() && job->prompt.size() <= model_.seat_cells());
    GH_ASSERT(job->choices > 0 && job->choices <= model_.seats());
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
  look_at_prefixes();
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
  const auto found = requests_.find(command.key);
  if (auto* job = std::get_if<PreparedJob>(&command.what)) {
    GH_ASSERT(found == requests_.end());
    auto r = std::make_unique<Request>(command.key, std::move(*job));
    r->deadline = clock_.now() + options_.prepared_lifetime;
    requests_.emplace(command.key, std::move(r));
    return;
  }
  if (found == requests_.end()) return;  // it ended while the command was on its way
  Request& r = *found->second;
  if (r.live == 0) return;
  if (const auto* start = std::get_if<w::Start>(&command.what)) apply_start(r, *start);
  if (const auto* grant = std::get_if<w::Grant>(&command.what)) apply_grant(r, grant->tokens);
  if (const auto* finish = std::get_if<w::Finish>(&command.what)) apply_finish(r, finish->reason);
  if (std::holds_alternative<w::Cancel>(command.what)) abandon(r, w::FinishReason::cancelled);
}

void EngineLoop::apply_start(Request& r, const w::Start& start) {
  if (r.started) return;
  // Nothing is computed without a grant, and each choice says a token once the prompt is computed.
  if (start.grant < r.choices.size() || start.per_choice == 0) return fail(r, "start_without_grant");
  r.started = true;
  r.deadline = Instant::max();
  for (const auto& s : r.choices) s->order = next_order_++;
  r.granted = start.grant;
  r.per_choice = start.per_choice;
  r.started_at = clock_.now();
  wait_for_seat(*r.choices.front());
}

void EngineLoop::wait_for_seat(Sequence& s) {
  s.stage = Sequence::Stage::waiting;
  waiting_.push_back(&s);
}

void EngineLoop::apply_grant(Request& r, std::uint32_t tokens) {
  r.granted += std::min(tokens, std::numeric_limits<std::uint32_t>::max() - r.granted);
  if (tokens > 0) r.asked = false;
  if (!r.parked) return;
  r.deadline = tokens > 0 ? Instant::max() : clock_.now() + options_.patience;
  if (tokens == 0) return;
  r.parked = false;
  for (const auto& s : r.choices) {
    if (s->ended()) continue;
    s->phase = Phase::decode;
    if (s->stage == Sequence::Stage::aside) wait_for_seat(*s);
  }
}

void EngineLoop::apply_finish(Request& r, w::FinishReason reason) {
  r.finish = reason;
  if (r.parked) end_all(r, reason);
}

void EngineLoop::expire_unseated(Instant now) {
  for (auto& [key, r] : requests_) {
    if (r->live == 0 || r->deadline > now) continue;
    const bool aside = std::ranges::any_of(r->choices, [](const auto& s) { return s->stage == Sequence::Stage::aside; });
    if (!r->started) fail(*r, "prepared_expired");
    if (aside) fail(*r, "grant_timeout");
  }
}

void EngineLoop::advance(Sequence& s, Token token) {
  GH_ASSERT(s.request.granted_left() > 0);
  if (model_.is_end(token)) {
    show_rest(s);
    end(s, w::FinishReason::stop);
  } else {
    say(s, token);
  }
  if (s.request.live > 0) look_at_grant(s);
}

void EngineLoop::say(Sequence& s, Token token) {
  ++s.request.produced;
  ++s.produced;
  s.next = token;
  if (options_.prefix_bytes > 0) s.said.push_back(token);
  w::TokenEvent& event = event_of(s);
  ++event.count;
  const bool stopped = s.text.push(model_.piece(token), event.text);
  if (s.request.sampling.logprobs) {
    s.scores.push(model_.score(s.seat), s.text.pushed());
    s.scores.tell_up_to(s.text.shown(), event.scores);
  }
  if (stopped) return end(s, w::FinishReason::stop);
  if (s.cells < model_.seat_cells() && s.produced < s.request.per_choice) return;
  show_rest(s);
  end(s, w::FinishReason::length);
}

void EngineLoop::look_at_grant(Sequence& s) {
  Request& r = s.request;
  if (r.granted_left() == 0) return r.finish ? end_all(r, *r.finish) : park(s);
  if (!r.asked && !r.finish && r.granted_left() <= ask_ahead_at * r.live) event_of(s).ask_ahead = r.asked = true;
}

void EngineLoop::park(Sequence& last) {
  Request& r = last.request;
  r.parked = true;
  r.deadline = clock_.now() + options_.patience;
  for (const auto& s : r.choices) {
    if (s->ended()) continue;
    s->phase = Phase::parked;
    s->parked_since = clock_.now();
    if (s->stage != Sequence::Stage::waiting) continue;
    std::erase(waiting_, s.get());
    s->stage = Sequence::Stage::aside;
  }
  event_of(last).waiting = true;
}

void EngineLoop::release(Sequence& s) {
  if (s.stage == Sequence::Stage::waiting) std::erase(waiting_, &s);
  if (s.saved) take_saved(s);
  if (s.stage == Sequence::Stage::seated) {
    model_.close(s.seat);
    seated_[s.seat] = nullptr;
  }
  s.stage = Sequence::Stage::ended;
  --s.request.live;
}

void EngineLoop::end(Sequence& s, w::FinishReason reason) {
  keep_prefix(s);
  release(s);
  if (s.request.live == 0) return tell_done(s.request, reason, {}, s.text.stopped_by());
  w::TokenEvent& event = event_of(s);
  event.ended = true;
  event.reason = reason;
}

void EngineLoop::end_all(Request& r, w::FinishReason reason) {
  for (const auto& s : r.choices) {
    if (s->ended()) continue;
    show_rest(*s);
    end(*s, reason);
  }
}

void EngineLoop::abandon(Request& r, w::FinishReason reason, std::string_view error) {
  for (const auto& s : r.choices) {
    if (!s->ended()) release(*s);
  }
  tell_done(r, reason, error, {});
}

void EngineLoop::tell_done(Request& r, w::FinishReason reason, std::string_view error, std::string_view stop) {
  const Instant now = clock_.now();
  w::Done done;
  done.reason = reason;
  done.prompt_tokens = static_cast<std::uint32_t>(r.prompt.size());
  done.cached_tokens = r.cached;
  done.completion_tokens = r.produced;
  if (r.seated_at != Instant()) {
    done.queued_us = microseconds_between(r.started_at, r.seated_at);
    const Instant prefilled = r.first_token == Instant() ? now : r.first_token;
    done.prefill_us = microseconds_between(r.seated_at, prefilled);
    done.decode_us = microseconds_between(prefilled, now);
  }
  done.error = std::string(error);
  done.stop = std::string(stop);
  dones_.emplace_back(r.key, std::move(done));
}

void EngineLoop::show_rest(Sequence& s) {
  std::string rest;
  s.text.finish(rest);
  if (!rest.empty()) event_of(s).text += rest;
  if (!s.scores.empty()) s.scores.tell_all(event_of(s).scores);
}

w::TokenEvent& EngineLoop::event_of(Sequence& s) {
  auto& events = batches_[s.request.key.link].events;
  if (s.event < 0) {
    s.event = static_cast<std::ptrdiff_t>(events.size());
    w::TokenEvent& fresh = events.emplace_back();
    fresh.job = s.request.key.job;
    fresh.choice = s.index;
    fresh.cached = s.request.cached;
  }
  return events[static_cast<std::size_t>(s.event)];
}

void EngineLoop::flush() {
  for (auto& [link, batch] : batches_) {
    if (batch.events.empty()) continue;
    for (const w::TokenEvent& event : batch.events) requests_.at(JobKey{link, event.job})->choices[event.choice]->event = -1;
    sink_.send(link, 0, batch);
    batch.events.clear();
  }
  for (const auto& [key, done] : dones_) {
    requests_.erase(key);
    dismiss(key);
    sink_.send(key.link, key.job, done);
  }
  dones_.clear();
}

Instant EngineLoop::next_deadline() const {
  Instant first = Instant::max();
  for (const auto& [key, r] : requests_) first = std::min(first, r->deadline);
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
