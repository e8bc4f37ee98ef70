#include "batch_writer.h"

#include <chrono>
#include <utility>

namespace gatehouse::telemetry {
namespace {

// After the first ordinary entry the writer waits this long for more: one wake-up and one write for all of them.
constexpr std::chrono::milliseconds gather(20);
constexpr std::size_t enough = 256UL * 1024;
// A log that nobody writes to is turned over at midnight, too.
constexpr std::chrono::seconds at_least_every(60);

}  // namespace

BatchWriter::BatchWriter(std::unique_ptr<BatchSink> sink, std::size_t max_bytes, std::size_t reserved)
    : sink_(std::move(sink)), max_bytes_(max_bytes), reserved_(reserved), thread_([this] { run(); }) {}

void BatchWriter::finish() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void BatchWriter::append(std::string_view entry, Weight weight) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    const std::size_t before = pending_.size(), room = weight == Weight::urgent ? max_bytes_ : max_bytes_ - reserved_;
    if (before + entry.size() > room) {
      ++refused_;
      dropped_.fetch_add(1, std::memory_order_relaxed);
      return;
    }
    pending_ += entry;
    wake = before == 0 || (before < enough && pending_.size() >= enough);
    if (weight == Weight::urgent && !std::exchange(urgent_, true)) wake = true;
  }
  if (wake) changed_.notify_one();
}

void BatchWriter::reopen() {
  {
    const std::lock_guard lock(mutex_);
    reopen_ = true;
  }
  changed_.notify_one();
}

void BatchWriter::await_work(std::unique_lock<std::mutex>& lock) {
  changed_.wait_for(lock, at_least_every, [this] { return stopping_ || reopen_ || !pending_.empty(); });
  if (pending_.empty()) return;
  changed_.wait_for(lock, gather, [this] { return stopping_ || reopen_ || urgent_ || pending_.size() >= enough; });
}

void BatchWriter::run() {
  std::string batch;
  std::unique_lock lock(mutex_);
  for (bool last = false; !last;) {
    await_work(lock);
    last = stopping_ && pending_.empty();
    batch.clear();
    batch.swap(pending_);
    urgent_ = false;
    const std::uint64_t refused = std::exchange(refused_, 0);
    const bool reopen = std::exchange(reopen_, false);
    lock.unlock();
    if (reopen) sink_->reopen();
    const std::uint64_t lost = sink_->take(batch, refused);
    dropped_.fetch_add(lost, std::memory_order_relaxed);
    lock.lock();
    last = last && pending_.empty();  // what the sink itself had to say
  }
}

}  // namespace gatehouse::telemetry
