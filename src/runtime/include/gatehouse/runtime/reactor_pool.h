// runtime/reactor_pool.h — the reactors that serve connections, a thread each.
// Threads  built, started and joined by the thread that composes the program
#pragma once
#include <memory>
#include <thread>
#include <vector>

#include "gatehouse/runtime/reactor.h"

namespace gatehouse {

class ReactorPool {
 public:
  ReactorPool(std::size_t count, const Clock& clock);
  ~ReactorPool();

  void start();
  // Stops every loop and waits for its thread.
  void stop();
  std::size_t size() const { return reactors_.size(); }
  Reactor& operator[](std::size_t i) { return *reactors_[i]; }
  std::vector<Reactor*> all() const;

 private:
  std::vector<std::unique_ptr<Reactor>> reactors_;
  std::vector<std::thread> threads_;
};

}  // namespace gatehouse
