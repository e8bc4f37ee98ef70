// One child after another: how each begins and ends, and how the next one comes in its place.
#include <algorithm>
#include <utility>

#include "child.h"
#include "engine_link.h"
#include "gatehouse/adapters/engine_child/child_engine.h"
#include "states.h"

namespace gatehouse::adapters {

namespace w = wire::engine;
using engine::Life;

namespace {

// The first start after a child that was well comes at once; those that follow wait.
constexpr milliseconds shortest_back_off{100};
constexpr milliseconds longest_back_off{10'000};
constexpr int load_attempts = 3;
constexpr std::chrono::minutes lived_well{1}, between_tries_to_recycle{1};
constexpr seconds between_tries_to_wake{5};

}  // namespace

Task<void> ChildEngine::supervise() {
  while (!stopping_) {
    if (wanted_) {
      co_await live();
    } else {
      co_await changed_.wait();
    }
  }
  fail_links();
  leaving_.clear();
  poll_.disarm();
  supervising_ = false;
  stopped_.raise();
}

// One child, and the pause behind it.
Task<void> ChildEngine::live() {
  while (alone_ && !leaving_.empty() && !stopping_) co_await changed_.wait();
  alone_ = false;
  const Instant began = control_.clock().now();
  Result<Fd> opened = co_await open_model(Room::checked);
  if (stopping_ || !wanted_) co_return give_room_back();
  End end = End::never_ready;
  if (opened) {
    end = co_await run_child(std::move(*opened));
  } else if (opened.error().reason() == "model_too_large" && holding_) {
    co_return co_await back_to_sleep(opened.error());
  } else if (may_pass(opened.error())) {
    publish(Life::loading, state_of(w::ModelState::loading, opened.error().describe()), "engine not started");
  } else {
    co_return fail_for_good(opened.error());
  }
  if (stopping_ || !wanted_ || end == End::let_go) co_return;
  if (failed_loads_ >= load_attempts) {
    co_return fail_for_good(
        Error(Code::unavailable, Origin::engine, "engine_failed", "The model could not be loaded").with_detail(state().detail));
  }
  ++restarts_;
  if (control_.clock().now() - began > lived_well) back_off_ = nanoseconds(0);
  if (end == End::never_ready) back_off_ = std::max<nanoseconds>(back_off_, shortest_back_off);
  co_await pause(back_off_);
  back_off_ = std::clamp<nanoseconds>(back_off_ * 2, shortest_back_off, longest_back_off);
}

Task<Result<Fd>> ChildEngine::open_model(Room room) {
  std::function<Result<Fd>(Worker&)> open = told_as_error<Result<Fd>>([this, room]() -> Result<Fd> {
    Result<Fd> file = options_.open_model();
    if (!file || !options_.room_for || room == Room::known) return file;
    GH_CHECK(options_.room_for(*file));
    return file;
  });
  auto opening = files_.run<Result<Fd>>(control_, std::move(open));
  std::optional<Result<Fd>> opened = co_await std::move(opening);
  if (opened) co_return std::move(*opened);
  co_return internal_error("engine_spawn_failed", "no worker to read the model file");
}

// A file that could be opened once may be again: descriptors, memory or a disk may be away for a while. One that has changed stays changed.
bool ChildEngine::may_pass(const Error& why) const { return ever_ready_ && why.reason() != "model_file_changed"; }

// Shorter where stop() comes, or no child is wanted any more.
Task<void> ChildEngine::pause(nanoseconds time) {
  const Instant until = control_.clock().now() + time;
  Deadline over(control_, [this] { changed_.raise(); });
  over.arm(until);
  while (!stopping_ && wanted_ && control_.clock().now() < until) co_await changed_.wait();
}

// Who waits is told; for a while so is who comes, then the next one makes us try again.
Task<void> ChildEngine::back_to_sleep(const Error& why) {
  publish(Life::declared, state_of(w::ModelState::empty, why.describe()), "engine not started");
  fail_links();
  co_await pause(between_tries_to_wake);
  if (stopping_ || !wanted_) co_return;
  wanted_ = false;
  rest_ = Life::declared;
  each_link([](EngineLink& link) { link.revive(); });
  hold_links();
  set_state(rest_, state_of(w::ModelState::empty, why.describe()));
}

Task<ChildEngine::End> ChildEngine::run_child(Fd model_file) {
  serving_ = make_child();
  calls_ = calls_seen_ = 0;
  worn_.clear();
  used_at_ = control_.clock().now();
  const Status launched = launch(*serving_, model_file);
  model_file.reset();
  while (launched && serves()) {
    co_await changed_.wait();
    if (serves() && !worn_.empty()) co_await recycle(std::exchange(worn_, std::string()));
  }
  if (!serving_) co_return End::let_go;
  if (!wanted_ && !stopping_ && serving_->ready() && !serving_->gone()) {
    publish(Life::draining, serving_->state(), rest_ == Life::declared ? "model put to sleep" : "model unloaded");
    let_go(std::move(serving_));
    close_links();
    co_return End::let_go;
  }
  co_return after_child(std::move(serving_), launched);
}

// Until then it was there to answer.
bool ChildEngine::serves() const { return serving_ && !serving_->gone() && wanted_ && !stopping_; }

ChildEngine::End ChildEngine::after_child(std::unique_ptr<Child> child, const Status& launched) {
  const bool was_ready = child->ready();
  std::string why = child->complaint();
  if (child->hung()) ++hangs_;
  if (!was_ready) ++failed_loads_;
  end_child(std::move(child));
  if (!was_ready && (stopping_ || !wanted_)) give_room_back();
  const End end = was_ready ? End::was_ready : End::never_ready;
  if (stopping_) return end;
  if (!wanted_) {
    all_have_left();
    return end;
  }
  if (!launched) why = launched.error().describe();
  if (why.empty()) why = was_ready ? "the engine ended" : "the engine ended while it loaded the model";
  publish(Life::loading, state_of(w::ModelState::loading, why), launched ? "engine ended" : "engine not started");
  return end;
}

// Another child takes over where there is memory for two; else this one leaves first, and who comes waits. Where the model cannot be opened
// any more, this one is kept.
Task<void> ChildEngine::recycle(std::string why) {
  const bool two = co_await room_for_two();
  if (!serves()) co_return;
  Result<Fd> opened = co_await open_model(Room::known);
  if (!serves()) co_return;
  if (!opened) co_return keep(opened.error().describe());
  say("engine recycled", why + (two ? "" : "; there is no memory for two, so it leaves first"));
  if (two) co_return co_await take_over(std::move(*opened));
  ++recycled_;
  publish(Life::draining, serving_->state(), "");
  let_go(std::move(serving_));
  hold_links();
}

// It goes on as it is, for a while at least.
void ChildEngine::keep(const std::string& why) {
  no_recycling_before_ = control_.clock().now() + between_tries_to_recycle;
  say("engine kept", why);
}

Task<void> ChildEngine::take_over(Fd model_file) {
  next_ = make_child();
  const Status launched = launch(*next_, model_file);
  model_file.reset();
  while (launched && serves() && !next_->gone() && !next_->ready()) co_await changed_.wait();
  std::unique_ptr<Child> next = std::move(next_);
  if (!serves() || !next->ready() || next->gone()) {
    keep(launched ? next->complaint() : launched.error().describe());
    end_child(std::move(next));
    co_return;
  }
  ++recycled_;
  calls_ = calls_seen_ = 0;
  each_link([child = next->number()](EngineLink& link) { link.set_ready(child); });
  let_go(std::exchange(serving_, std::move(next)));
  alone_ = false;
  pid_ = serving_->pid();
  publish(Life::ready, serving_->state(), "model ready");
}

Task<bool> ChildEngine::room_for_two() {
  if (!options_.spare_memory) co_return true;
  std::function<std::uint64_t(Worker&)> look = [spare = options_.spare_memory](Worker&) { return spare(); };
  auto looking = files_.run<std::uint64_t>(control_, std::move(look));
  const std::optional<std::uint64_t> spare = co_await std::move(looking);
  if (!spare || !serving_) co_return false;
  // What this one has still to take is taken, whoever comes; and the other one takes as much in the end.
  const std::uint64_t left = serving_->state().memory_left, all = serving_->state().rss_bytes + left;
  co_return *spare > left + all + all / 8;
}

std::unique_ptr<Child> ChildEngine::make_child() {
  Child::Callbacks callbacks;
  callbacks.told = [this](Child& child) { told(child); };
  callbacks.gone = [this] { changed_.raise(); };
  callbacks.said = [this](const std::string& line) {
    if (options_.on_output) options_.on_output(line);
  };
  return std::make_unique<Child>(++children_, control_, ChildPatience{options_.load_patience, options_.hang_patience},
                                 std::move(callbacks));
}

Status ChildEngine::launch(Child& child, const Fd& model_file) {
  if (!poll_.armed()) poll_.arm_in_step(Child::poll_interval);
  GH_TRY(std::vector<Fd> fronts, child.spawn(spawner_, links_.size()));
  if (&child == serving_.get()) {
    pid_ = child.pid();
    publish(Life::loading, child.state(), "engine started");
  } else {
    say("engine started", "to take over");
  }
  for (std::size_t i = 0; i < links_.size(); ++i) {
    reactors_[i]->post([link = links_[i], number = child.number(), fd = std::make_shared<Fd>(std::move(fronts[i]))] {
      link->attach(std::move(*fd), number);
    });
  }
  if (options_.tensors) return child.load(*options_.tensors, model_file);
  w::Load load = options_.load;
  load.rehearse = !ever_ready_ || &child != serving_.get();  // behind one that was lost, or put to sleep, somebody waits
  return child.load(load, model_file);
}

// Its links have been told, or are next.
void ChildEngine::let_go(std::unique_ptr<Child> child) {
  alone_ = true;
  pid_ = 0;
  leaving_.push_back(Leaving{std::move(child), links_.size(), control_.clock().now() + options_.leave_patience});
}

void ChildEngine::emptied(std::uint64_t child) {
  const auto found = std::ranges::find_if(leaving_, [child](const Leaving& one) { return one.child->number() == child; });
  if (found == leaving_.end() || --found->links_left > 0) return;
  end_child(std::move(found->child));
  leaving_.erase(found);
  all_have_left();
}

// Whatever there is of it: a launch may have failed half way.
void ChildEngine::end_child(std::unique_ptr<Child> child) {
  each_link([number = child->number()](EngineLink& link) { link.detach(number); });
  if (!serving_) pid_ = 0;
}

void ChildEngine::give_room_back() {
  if (options_.room_unused) options_.room_unused();
}

void ChildEngine::all_have_left() {
  changed_.raise();
  if (wanted_ || stopping_ || !leaving_.empty() || serving_) return;
  const char* why =
      rest_ == Life::declared ? "it sleeps; whoever asks for it wakes it" : "it was unloaded; `gatehouse model load` loads it again";
  publish(rest_, state_of(w::ModelState::empty, why), "");
}

// As long as there are any they are looked after.
bool ChildEngine::has_children() const { return serving_ || next_ || !leaving_.empty(); }

void ChildEngine::look_after_children() {
  for (Child* child : {serving_.get(), next_.get()}) {
    if (child != nullptr) child->look_after();
  }
  const Instant now = control_.clock().now();
  for (auto one = leaving_.begin(); one != leaving_.end();) {
    one->child->look_after();
    if (!one->child->gone() && now < one->until) {
      ++one;
      continue;
    }
    end_child(std::move(one->child));
    one = leaving_.erase(one);
    all_have_left();
  }
}

}  // namespace gatehouse::adapters
