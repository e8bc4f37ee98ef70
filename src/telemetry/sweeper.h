// telemetry/sweeper.h — compresses the log files that are over and removes those that are old, on a thread of its own.
// Threads  one owner; sweep() waits for the sweep before it, which ended hours ago
#pragma once
#include <atomic>
#include <chrono>
#include <filesystem>

#include "archive.h"
#include "background_thread.h"
#include "gatehouse/base/result.h"

namespace gatehouse::telemetry {

class Sweeper {
 public:
  Sweeper(std::filesystem::path file, std::chrono::days kept) : file_(std::move(file)), kept_(kept) {}
  Sweeper(const Sweeper&) = delete;
  Sweeper& operator=(const Sweeper&) = delete;
  ~Sweeper();  // what is half compressed then is begun anew by the next sweep

  void sweep(Day today);
  // Tests wait for it.
  void finish() { thread_.join(); }

 private:
  void work(Day today);
  Status pack(const std::filesystem::path& over);

  const std::filesystem::path file_;
  const std::chrono::days kept_;
  std::atomic<bool> stopping_{false};
  BackgroundThread thread_;
};

}  // namespace gatehouse::telemetry
