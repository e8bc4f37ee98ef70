#include "gatehouse/adapters/engine_child/child_engine.h"

#include <utility>

#include "child.h"
#include "engine_link.h"
#include "gatehouse/trees/tensor_predictor.h"
#include "states.h"

namespace gatehouse::adapters {

namespace w = wire::engine;
using engine::Life;

ChildEngine::ChildEngine(Reactor& control, std::vector<Reactor*> reactors, WorkerPool& files, EngineSpawner& spawner,
                         ChildEngineOptions options)
    : control_(control),
      reactors_(std::move(reactors)),
      files_(files),
      spawner_(spawner),
      options_(std::move(options)),
      changed_(control),
      stopped_(control),
      poll_(control, [this] {
        look_after_children();
        if (has_children()) poll_.arm_in_step(Child::poll_interval);
      }) {
  for (Reactor* reactor : reactors_) {
    EngineLink::Callbacks callbacks;
    callbacks.broken = [this, to_control = on_control()](std::uint64_t child, const Error& why) {
      to_control([this, child, why] { complain(child, why); });
    };
    callbacks.emptied = [this, to_control = on_control()](std::uint64_t child) { to_control([this, child] { emptied(child); }); };
    callbacks.prepared = [this] { calls_.fetch_add(1, std::memory_order_relaxed); };
    links_.push_back(std::make_shared<EngineLink>(*reactor, std::move(callbacks)));
  }
}

// What others say may come when this is gone.
std::function<void(std::function<void()>)> ChildEngine::on_control() {
  const std::weak_ptr<const bool> alive = alive_;
  return [&control = control_, alive](std::function<void()> what) {
    control.post([alive, what = std::move(what)] {
      if (!alive.expired()) what();
    });
  };
}

// Without stop(), too, children end with their engine.
ChildEngine::~ChildEngine() {
  for (const auto& link : links_) link->detach();
}

void ChildEngine::start() {
  supervising_ = true;
  wanted_ = !options_.lazy;
  rest_ = options_.lazy ? Life::declared : Life::gone;
  if (options_.lazy) {
    publish(rest_, state_of(w::ModelState::empty, "it is loaded when somebody asks for it"), "");
    hold_links();
  }
  control_.spawn(supervise());
}

Task<void> ChildEngine::stop() {
  stopping_ = true;
  changed_.raise();
  while (supervising_) co_await stopped_.wait();
}

void ChildEngine::load() {
  if (life() == Life::gone || life() == Life::failed || life() == Life::declared) {
    set_state(Life::loading, state_of(w::ModelState::loading, "asked for"));
  }
  on_control()([this] { bring_back(); });
}

void ChildEngine::unload() {
  on_control()([this] { put_away(Life::gone); });
}

void ChildEngine::bring_back() {
  if (wanted_ || stopping_) return;
  wanted_ = true;
  failed_loads_ = 0;
  back_off_ = nanoseconds(0);
  each_link([](EngineLink& link) { link.revive(); });
  publish(Life::loading, state_of(w::ModelState::loading, "asked for"), "");
  changed_.raise();
}

// rest: gone, or declared where the next request brings it back.
void ChildEngine::put_away(Life rest) {
  if (stopping_ || (!wanted_ && rest_ == rest && life() != Life::failed)) return;
  wanted_ = false;
  rest_ = rest;
  drop_native();
  if (!serving_ || !serving_->ready()) close_links();
  all_have_left();
}

// Who comes waits, or is told that there is nothing to wait for.
void ChildEngine::close_links() {
  if (rest_ == Life::declared) return hold_links();
  holding_ = false;
  const Error told(Code::unavailable, Origin::engine, "model_unloaded", "The model is not loaded");
  each_link([told](EngineLink& link) { link.refuse(told); });
}

void ChildEngine::told(const Child& child) {
  if (&child == next_.get() && child.ready()) changed_.raise();
  if (&child != serving_.get()) return;
  const bool becomes_ready = child.ready() && life() != Life::ready;
  if (becomes_ready) adopt(child);
  const bool failed = child.state().state == w::ModelState::failed;
  publish(child.ready() ? Life::ready : Life::loading, child.state(), becomes_ready ? "model ready" : failed ? "model failed" : "");
  if (becomes_ready) {
    ever_ready_ = true;
    failed_loads_ = 0;
    holding_ = false;
    each_link([number = child.number()](EngineLink& link) { link.set_ready(number); });
  }
  if (child.ready() && wanted_) look_at_use(child);
}

// Before it is said to be ready.
void ChildEngine::adopt(const Child& child) {
  auto adopted = std::make_shared<const w::Signature>(child.signature());
  std::shared_ptr<const trees::TensorPredictor> native;
  if (!child.plan().empty()) {
    auto read = trees::TensorPredictor::read(child.plan(), {adopted->inputs, adopted->outputs});
    if (read) {
      native = std::make_shared<const trees::TensorPredictor>(std::move(*read));
    } else {
      say("plan refused", read.error().describe());
    }
  }
  const std::lock_guard lock(mutex_);
  signature_ = std::move(adopted);
  native_ = std::move(native);
}

// What its engine is for is over; the next one says again what can be done without it.
void ChildEngine::drop_native() {
  const std::lock_guard lock(mutex_);
  native_.reset();
}

// Whether it is worn, or nobody needs it.
void ChildEngine::look_at_use(const Child& child) {
  const Instant now = control_.clock().now();
  const std::uint64_t calls = calls_.load(std::memory_order_relaxed);
  if (calls != std::exchange(calls_seen_, calls) || child.state().jobs > 0) used_at_ = now;
  if (options_.sleep_after > nanoseconds(0) && now - used_at_ >= options_.sleep_after) return put_away(Life::declared);
  if (next_ || now < no_recycling_before_) return;
  worn_ = due_for_recycling(options_.recycle, ChildWear{now - child.began(), calls, child.state().rss_bytes});
  if (!worn_.empty()) changed_.raise();
}

// A link that breaks means that the child must go; its control socket then says so.
void ChildEngine::complain(std::uint64_t number, const Error& why) {
  std::vector<Child*> children{serving_.get(), next_.get()};
  for (const Leaving& one : leaving_) children.push_back(one.child.get());
  for (Child* child : children) {
    if (child != nullptr && child->number() == number) child->kill(why.reason() == "engine_gone" ? std::string() : why.describe());
  }
}

void ChildEngine::say(const std::string& event, const std::string& detail) {
  if (options_.on_state) options_.on_state(state_of(state().state, detail), event);
}

void ChildEngine::set_state(Life life, w::State state) {
  const std::lock_guard lock(mutex_);
  state_ = std::move(state);
  life_ = life;
}

void ChildEngine::publish(Life life, w::State state, const std::string& event) {
  set_state(life, state);
  if (!event.empty() && options_.on_state) options_.on_state(state, event);
}

void ChildEngine::fail_for_good(const Error& why) {
  wanted_ = false;
  publish(Life::failed, state_of(w::ModelState::failed, why.describe()), "model failed for good");
  fail_links();
}

void ChildEngine::fail_links() {
  holding_ = false;
  drop_native();
  const Error told(Code::unavailable, Origin::engine, "engine_unavailable", "The model is not available");
  each_link([told](EngineLink& link) { link.fail(told); });
}

void ChildEngine::hold_links() {
  holding_ = true;
  each_link([](EngineLink& link) { link.hold(); });
}

void ChildEngine::each_link(const std::function<void(EngineLink&)>& call) {
  for (std::size_t i = 0; i < links_.size(); ++i) {
    reactors_[i]->post([link = links_[i], call] { call(*link); });
  }
}

Result<std::unique_ptr<engine::Job>> ChildEngine::prepare(Reactor& reactor, const w::Prepare& prompt) {
  return links_[static_cast<std::size_t>(reactor.index())]->prepare(prompt);
}

Result<std::unique_ptr<engine::TensorCall>> ChildEngine::infer(Reactor& reactor, const w::Infer& call) {
  return links_[static_cast<std::size_t>(reactor.index())]->infer(call);
}

std::shared_ptr<const w::Signature> ChildEngine::signature() const {
  const std::lock_guard lock(mutex_);
  return signature_;
}

std::shared_ptr<const trees::TensorPredictor> ChildEngine::native() {
  std::shared_ptr<const trees::TensorPredictor> found;
  {
    const std::lock_guard lock(mutex_);
    found = native_;
  }
  if (found) calls_.fetch_add(1, std::memory_order_relaxed);
  return found;
}

Task<Status> ChildEngine::until_ready(Reactor& reactor, Instant then) {
  return links_[static_cast<std::size_t>(reactor.index())]->until_ready(then);
}

bool ChildEngine::comes_soon(Reactor& reactor) {
  if (!links_[static_cast<std::size_t>(reactor.index())]->held()) return false;
  if (life() == Life::declared || life() == Life::draining) on_control()([this] { bring_back(); });
  return true;
}

w::State ChildEngine::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

}  // namespace gatehouse::adapters
