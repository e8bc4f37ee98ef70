#include "gatehouse/engine/thread_choice.h"

#include <algorithm>

namespace gatehouse::engine {
namespace {

constexpr double much_longer = 1.5;
constexpr std::uint32_t slow_passes = 2;
constexpr std::uint32_t window = 16;       // passes over which preemptions are counted
constexpr std::uint32_t trial_passes = 8;  // behind a first one that is not judged: threads wake up in it
constexpr double clearly_faster = 0.9;
constexpr nanoseconds shortest_pause = seconds(1), longest_pause = seconds(30);

}  // namespace

std::uint32_t ThreadChoice::saw(const PassPace& pass, Instant now) {
  if (most_ <= 1 || pass.usual <= nanoseconds(0)) return threads_;
  const double ratio = static_cast<double>(pass.took.count()) / static_cast<double>(pass.usual.count());
  if (on_trial())
    judge(ratio, now);
  else
    watch(ratio, pass.preempted, now);
  return threads_;
}

void ThreadChoice::begin_trial(std::uint32_t threads) {
  before_ = threads_;
  threads_ = threads;
  passes_ = slow_ = preemptions_ = 0;
  sum_ = 0;
}

void ThreadChoice::judge(double ratio, Instant now) {
  if (passes_++ == 0) return;
  sum_ += ratio;
  slow_ = ratio > much_longer * recent_ ? slow_ + 1 : 0;
  if (passes_ <= trial_passes && slow_ < slow_passes) return;  // who is waiting for a token need not wait for the end of a bad trial
  const double mean = sum_ / static_cast<double>(passes_ - 1);
  const bool kept = mean <= (threads_ > before_ ? 1.0 : clearly_faster) * recent_;
  // Where several cores are taken, giving up one of them helps nobody.
  if (threads_ < before_) fewer_ = kept ? 1 : std::min(fewer_ * 2, most_);
  if (!kept) threads_ = before_;
  pause_ = kept ? shortest_pause : std::min(pause_ * 2, longest_pause);
  next_trial_ = now + pause_;
  if (kept) recent_ = mean;
  before_ = passes_ = slow_ = preemptions_ = 0;
}

void ThreadChoice::watch(double ratio, bool preempted, Instant now) {
  recent_ += (ratio - recent_) / 2;
  slow_ = ratio > much_longer ? slow_ + 1 : 0;
  ++passes_;
  if (preempted) ++preemptions_;
  const bool looked = passes_ >= window;
  const bool disturbed = slow_ >= slow_passes || (looked && preemptions_ * 2 > passes_);
  if (looked) passes_ = preemptions_ = 0;
  if (now < next_trial_) return;
  if (disturbed && threads_ > 1)
    begin_trial(threads_ - std::min(fewer_, threads_ - 1));
  else if (looked && !disturbed && threads_ < most_)
    begin_trial(threads_ + 1);
}

}  // namespace gatehouse::engine
