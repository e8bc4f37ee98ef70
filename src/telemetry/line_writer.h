// telemetry/line_writer.h — lines that a thread of its own writes in batches: the caller pays for a lock and a copy.
// Threads  append from any thread; a full buffer refuses the newest line and counts it, as are those that no reader took
#pragma once
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "fd_write.h"
#include "gatehouse/base/fd.h"

namespace gatehouse::telemetry {

class LineWriter {
 public:
  // fd is written to; owned, when there is one, is closed at the end.
  LineWriter(int fd, Fd owned, std::size_t max_bytes);
  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;
  ~LineWriter();  // writes what is left

  void append(std::string_view line);
  std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

 private:
  void run();

  FdWriter out_;  // of the writer thread
  const Fd owned_;
  const std::size_t max_bytes_;
  std::atomic<std::uint64_t> dropped_{0};  // lines
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string pending_;    // whole lines, under mutex_
  bool stopping_ = false;  // under mutex_
  std::thread thread_;
};

}  // namespace gatehouse::telemetry
