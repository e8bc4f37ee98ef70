// telemetry/background_thread.h — a thread beside the reactors, for what waits on a disk or a reader.
// Threads  made, assigned to and destroyed by one owner; each of the last two waits for what runs
#pragma once
#include <functional>
#include <thread>

namespace gatehouse::telemetry {

class BackgroundThread {
 public:
  BackgroundThread() = default;
  // Signals are for the thread that waits for them: this one gets none.
  explicit BackgroundThread(std::function<void()> run);
  BackgroundThread(BackgroundThread&&) noexcept = default;
  BackgroundThread& operator=(BackgroundThread&& other) noexcept;
  ~BackgroundThread() { join(); }

  void join();

 private:
  std::thread thread_;
};

}  // namespace gatehouse::telemetry
