#include "child_watch.h"

#include <algorithm>

namespace gatehouse::adapters {
namespace {

constexpr int slower_than_usual = 20;

std::string in_seconds(nanoseconds time) {
  const auto tenths = std::chrono::duration_cast<milliseconds>(time).count() / 100;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " s";
}

}  // namespace

void ChildWatch::begin(Instant now) {
  last_look_ = now;
  silent_ = in_step_ = usual_ = nanoseconds(0);
}

void ChildWatch::heard(const wire::engine::State& told) {
  const auto taken = std::chrono::microseconds(told.step_us);
  usual_ = std::chrono::microseconds(told.usual_step_us);
  // The step that it was in when it answered last, where it has been in it all the while.
  const bool same_step = told.step_us > 0 && taken >= silent_;
  in_step_ = same_step ? std::min<nanoseconds>(in_step_ + silent_, taken) : nanoseconds(0);
  silent_ = nanoseconds(0);
}

std::string ChildWatch::look(Instant now) {
  const nanoseconds passed = std::clamp<nanoseconds>(now - last_look_, nanoseconds(0), 2 * interval_);
  last_look_ = now;
  silent_ += passed;
  if (patience_ == nanoseconds(0)) return {};
  if (silent_ > patience_) return "it hangs: nothing was heard of it for " + in_seconds(silent_);
  const nanoseconds bound = std::max<nanoseconds>(patience_, slower_than_usual * usual_);
  if (in_step_ <= bound) return {};
  return "it hangs: a step has taken " + in_seconds(in_step_) + " and is not over, where " + in_seconds(usual_) + " is usual";
}

}  // namespace gatehouse::adapters
