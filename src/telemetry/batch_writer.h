// telemetry/batch_writer.h — entries that a thread of its own takes away in batches: the caller pays for a lock and a copy.
// Threads  append and reopen from any thread. An entry that finds no room is refused and counted
#pragma once
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "background_thread.h"

namespace gatehouse::telemetry {

// Where the batches go. Called by the writer's thread alone.
class BatchSink {
 public:
  virtual ~BatchSink() = default;
  // Whole entries, or none: it is called at least once a minute. refused: how many found no room since the last call. What it returns
  // is how many it lost itself.
  virtual std::uint64_t take(std::string_view batch, std::uint64_t refused) = 0;
  // What is written to may have been moved away.
  virtual void reopen() = 0;
};

class BatchWriter {
 public:
  enum class Weight { ordinary, urgent };

  // The last reserved bytes of max_bytes are for what is urgent.
  BatchWriter(std::unique_ptr<BatchSink> sink, std::size_t max_bytes, std::size_t reserved = 0);
  BatchWriter(const BatchWriter&) = delete;
  BatchWriter& operator=(const BatchWriter&) = delete;
  ~BatchWriter() { finish(); }

  // The sink has taken what is left, and what it had to say itself; nothing is appended afterwards.
  void finish();
  void append(std::string_view entry, Weight weight = Weight::ordinary);
  void reopen();
  std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }  // entries, refused and lost

 private:
  void run();
  void await_work(std::unique_lock<std::mutex>& lock);

  const std::unique_ptr<BatchSink> sink_;
  const std::size_t max_bytes_, reserved_;
  std::atomic<std::uint64_t> dropped_{0};
  std::mutex mutex_;
  std::condition_variable changed_;
  // Under mutex_:
  std::string pending_;  // whole entries
  std::uint64_t refused_ = 0;
  bool urgent_ = false, reopen_ = false, stopping_ = false;
  BackgroundThread thread_;
};

}  // namespace gatehouse::telemetry
