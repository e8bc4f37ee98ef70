#include "line_writer.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <utility>

namespace gatehouse::telemetry {
namespace {

// After the first line the writer waits this long for more: one wake-up and one write for all of them.
constexpr std::chrono::milliseconds gather(20);
constexpr std::size_t enough = 256UL * 1024;

}  // namespace

LineWriter::LineWriter(int fd, Fd owned, std::size_t max_bytes) : out_(fd), owned_(std::move(owned)), max_bytes_(max_bytes) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);  // the new thread inherits it: signals are not for it
  thread_ = std::thread([this] { run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

LineWriter::~LineWriter() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void LineWriter::append(std::string_view line) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    if (pending_.size() + line.size() > max_bytes_) {
      dropped_.fetch_add(1, std::memory_order_relaxed);
      return;
    }
    const std::size_t before = pending_.size();
    pending_ += line;
    wake = before == 0 || (before < enough && pending_.size() >= enough);
  }
  if (wake) changed_.notify_one();
}

void LineWriter::run() {
  std::string batch;
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || !pending_.empty(); });
    changed_.wait_for(lock, gather, [this] { return stopping_ || pending_.size() >= enough; });
    if (pending_.empty() && stopping_) return;
    batch.clear();
    batch.swap(pending_);
    lock.unlock();
    const std::size_t written = out_.write(batch);
    const auto lost = std::count(batch.begin() + static_cast<std::ptrdiff_t>(written), batch.end(), '\n');
    if (lost > 0) dropped_.fetch_add(static_cast<std::uint64_t>(lost), std::memory_order_relaxed);
    lock.lock();
  }
}

}  // namespace gatehouse::telemetry
