#include "call_queue.h"

#include <algorithm>
#include <utility>

namespace gatehouse::adapters {

bool CallQueue::push(QueuedCall&& call) {
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() >= most_) return false;
    waiting_.push_back(std::move(call));
  }
  comes_.notify_one();
  return true;
}

bool CallQueue::cancel(const CallKey& key, const std::function<void()>& cut_short) {
  const std::lock_guard lock(mutex_);
  if (running_ == key) cut_short();
  const auto found = std::ranges::find(waiting_, key, &QueuedCall::key);
  if (found == waiting_.end()) return false;
  waiting_.erase(found);
  return true;
}

void CallQueue::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    waiting_.clear();
  }
  comes_.notify_all();
}

std::optional<QueuedCall> CallQueue::next(const Clock& clock) {
  std::unique_lock lock(mutex_);
  comes_.wait(lock, [this] { return stopped_ || !waiting_.empty(); });
  if (stopped_) return std::nullopt;
  QueuedCall call = std::move(waiting_.front());
  waiting_.pop_front();
  running_ = call.key;
  counts_.began = clock.now();
  return call;
}

void CallQueue::over(const Clock& clock) {
  const std::lock_guard lock(mutex_);
  const nanoseconds took = clock.now() - counts_.began;
  running_.reset();
  ++counts_.calls;
  counts_.computed += took;
  counts_.longest = std::max(counts_.longest, took);
}

CallQueue::Counts CallQueue::counts() const {
  const std::lock_guard lock(mutex_);
  Counts now = counts_;
  now.waiting = static_cast<std::uint32_t>(waiting_.size());
  now.running = running_.has_value();
  return now;
}

}  // namespace gatehouse::adapters
