#include "gatehouse/runtime/worker_pool.h"

#include <pthread.h>

namespace gatehouse {

WorkerPool::WorkerPool(std::string name, std::size_t threads, std::size_t queue) : queue_(queue) {
  name.resize(std::min<std::size_t>(name.size(), 15));
  for (std::size_t i = 0; i < threads; ++i) {
    threads_.emplace_back([this] { work(); });
    pthread_setname_np(threads_.back().native_handle(), name.c_str());
  }
}

WorkerPool::~WorkerPool() { queue_.close(); }

void WorkerPool::work() {
  Worker self;
  for (;;) {
    std::function<void(Worker&)> job;
    {
      const std::lock_guard lock(taking_);
      if (taken_.empty()) {
        queue_.wait_until(Instant::max());
        queue_.drain(taken_);
        if (taken_.empty()) return;  // closed, and nothing left to do
      }
      job = std::move(taken_.front());
      taken_.erase(taken_.begin());
    }
    job(self);
  }
}

}  // namespace gatehouse
