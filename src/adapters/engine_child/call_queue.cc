#include "call_queue.h"

#include <algorithm>
#include <utility>

namespace gatehouse::adapters {
namespace {

std::size_t input_bytes(const wire::engine::Infer& call) {
  std::size_t bytes = 0;
  for (const wire::Tensor& tensor : call.inputs) bytes += tensor.bytes.size();
  return bytes;
}

}  // namespace

CallQueue::Line& CallQueue::line_of(std::uint64_t tenant) {
  const auto found = std::ranges::find(lines_, tenant, &Line::tenant);
  return found != lines_.end() ? *found : lines_.emplace_back(Line{tenant, least_});
}

std::vector<CallKey> CallQueue::push(QueuedCall&& call) {
  std::vector<CallKey> refused;
  {
    const std::lock_guard lock(mutex_);
    Line& line = line_of(call.call.tenant);
    if (line.calls.empty()) line.had = std::max(line.had, least_);
    const std::size_t bytes = input_bytes(call.call);
    line.bytes += bytes;
    bytes_ += bytes;
    ++waiting_;
    line.calls.push_back(std::move(call));
    while (waiting_ > bounds_.calls) refused.push_back(drop_youngest(false));
    while (bytes_ > bounds_.bytes && waiting_ > 1) refused.push_back(drop_youngest(true));
  }
  comes_.notify_one();
  return refused;
}

// Of whoever takes most of what is short.
CallKey CallQueue::drop_youngest(bool of_bytes) {
  const auto most = std::ranges::max_element(lines_, {}, [of_bytes](const Line& line) {
    return line.calls.empty() ? 0 : of_bytes ? line.bytes : line.calls.size();
  });
  const std::size_t bytes = input_bytes(most->calls.back().call);
  const CallKey key = most->calls.back().key;
  most->calls.pop_back();
  most->bytes -= bytes;
  bytes_ -= bytes;
  --waiting_;
  return key;
}

bool CallQueue::cancel(const CallKey& key) {
  const std::lock_guard lock(mutex_);
  if (running_ && running_->key == key && running_->tenants.size() == 1) running_->stop.request_stop();
  for (Line& line : lines_) {
    const auto found = std::ranges::find(line.calls, key, &QueuedCall::key);
    if (found == line.calls.end()) continue;
    const std::size_t bytes = input_bytes(found->call);
    line.bytes -= bytes;
    bytes_ -= bytes;
    --waiting_;
    line.calls.erase(found);
    return true;
  }
  return false;
}

std::optional<CallKey> CallQueue::give_up(nanoseconds patience, Instant now) {
  const std::lock_guard lock(mutex_);
  if (!running_ || now - counts_.began <= patience) return std::nullopt;
  running_->stop.request_stop();
  if (running_->tenants.size() > 1 || std::exchange(running_->given_up, true)) return std::nullopt;
  return running_->key;
}

void CallQueue::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    lines_.clear();
    waiting_ = bytes_ = 0;
    if (running_) running_->stop.request_stop();
  }
  comes_.notify_all();
}

std::optional<QueuedCall> CallQueue::next(const Clock& clock) {
  std::unique_lock lock(mutex_);
  comes_.wait(lock, [this] { return stopped_ || waiting_ > 0; });
  if (stopped_) return std::nullopt;
  QueuedCall call = take_next();
  begin(call, clock);
  return call;
}

void CallQueue::begin(QueuedCall& call, const Clock& clock) {
  running_.emplace(Run{call.key, {call.call.tenant}, {}});
  call.stop = running_->stop.get_token();
  counts_.began = clock.now();
}

void CallQueue::again(QueuedCall& call, const Clock& clock) {
  const std::lock_guard lock(mutex_);
  begin(call, clock);
  if (stopped_) running_->stop.request_stop();
}

std::vector<QueuedCall> CallQueue::take_along(const QueuedCall& first, const Company& company, const Clock& clock) {
  std::vector<QueuedCall> taken;
  std::size_t bytes = input_bytes(first.call);
  std::unique_lock lock(mutex_);
  while (!stopped_ && 1 + taken.size() < company.most && bytes < company.most_bytes) {
    if (take_fitting(first, company, bytes, taken)) {
      bytes += input_bytes(taken.back().call);
      running_->tenants.push_back(taken.back().call.tenant);
      continue;
    }
    const std::size_t waited = waiting_;
    const nanoseconds left = first.came + company.delay - clock.now();
    if (left <= nanoseconds(0) || !comes_.wait_for(lock, left, [&] { return stopped_ || waiting_ > waited; })) break;
  }
  counts_.began = clock.now();
  return taken;
}

// The first in a line alone: nobody is passed by their own tenant's later calls.
bool CallQueue::take_fitting(const QueuedCall& first, const Company& company, std::size_t bytes, std::vector<QueuedCall>& taken) {
  Line* next = nullptr;
  const auto share = [this](const Line& line) { return std::pair(std::ranges::count(running_->tenants, line.tenant), line.had); };
  for (Line& line : lines_) {
    if (line.calls.empty() || (next != nullptr && share(line) >= share(*next))) continue;
    const wire::engine::Infer& call = line.calls.front().call;
    if (bytes + input_bytes(call) <= company.most_bytes && company.fits(first.call, call)) next = &line;
  }
  if (next == nullptr) return false;
  taken.push_back(take_front(*next));
  return true;
}

QueuedCall CallQueue::take_front(Line& line) {
  QueuedCall call = std::move(line.calls.front());
  line.calls.pop_front();
  const std::size_t bytes = input_bytes(call.call);
  line.bytes -= bytes;
  bytes_ -= bytes;
  --waiting_;
  return call;
}

// Who has nothing waiting is forgotten once the others have had as much.
QueuedCall CallQueue::take_next() {
  auto next = lines_.end();
  for (auto line = lines_.begin(); line != lines_.end(); ++line) {
    if (!line->calls.empty() && (next == lines_.end() || line->had < next->had)) next = line;
  }
  QueuedCall call = take_front(*next);
  least_ = std::max(least_, next->had);
  std::erase_if(lines_,
                [this, &call](const Line& line) { return line.calls.empty() && line.had <= least_ && line.tenant != call.call.tenant; });
  return call;
}

bool CallQueue::over(const Clock& clock) {
  const std::lock_guard lock(mutex_);
  const nanoseconds took = clock.now() - counts_.began;
  const auto together = static_cast<std::int64_t>(running_->tenants.size());
  for (const std::uint64_t tenant : running_->tenants) {
    if (!stopped_) line_of(tenant).had += took / together;
  }
  const bool wanted = !running_->given_up;
  running_.reset();
  counts_.calls += static_cast<std::uint64_t>(together);
  counts_.computed += took;
  return wanted;
}

CallQueue::Counts CallQueue::counts() const {
  const std::lock_guard lock(mutex_);
  Counts now = counts_;
  now.waiting = static_cast<std::uint32_t>(waiting_);
  now.running = running_.has_value();
  return now;
}

}  // namespace gatehouse::adapters
