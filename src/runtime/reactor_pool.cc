#include "gatehouse/runtime/reactor_pool.h"

#include <pthread.h>

#include <string>

namespace gatehouse {

ReactorPool::ReactorPool(std::size_t count, const Clock& clock) {
  for (std::size_t i = 0; i < count; ++i) reactors_.push_back(std::make_unique<Reactor>(static_cast<int>(i), clock));
}

ReactorPool::~ReactorPool() { stop(); }

void ReactorPool::start() {
  for (auto& reactor : reactors_) {
    threads_.emplace_back([r = reactor.get()] { r->run(); });
    pthread_setname_np(threads_.back().native_handle(), ("reactor-" + std::to_string(reactor->index())).c_str());
  }
}

void ReactorPool::stop() {
  for (auto& reactor : reactors_) reactor->stop();
  for (auto& thread : threads_) thread.join();
  threads_.clear();
}

std::vector<Reactor*> ReactorPool::all() const {
  std::vector<Reactor*> out;
  for (const auto& reactor : reactors_) out.push_back(reactor.get());
  return out;
}

}  // namespace gatehouse
