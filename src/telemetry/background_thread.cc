#include "background_thread.h"

#include <csignal>
#include <utility>

namespace gatehouse::telemetry {

BackgroundThread::BackgroundThread(std::function<void()> run) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);  // the new thread inherits it
  thread_ = std::thread(std::move(run));
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

BackgroundThread& BackgroundThread::operator=(BackgroundThread&& other) noexcept {
  join();
  thread_ = std::move(other.thread_);
  return *this;
}

void BackgroundThread::join() {
  if (thread_.joinable()) thread_.join();
}

}  // namespace gatehouse::telemetry
