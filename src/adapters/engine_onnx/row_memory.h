// adapters/engine_onnx/row_memory.h — what the lower graph made of rows, for as long as there is room: a text is read once, however often
// it is asked about.
// Rules    what has not been asked for longest goes first; one that is larger than all the room is not kept
// Units    bytes of the states and of the keys
// Threads  the one that computes
#pragma once
#include <cstddef>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace gatehouse::adapters {

class RowMemory {
 public:
  using States = std::shared_ptr<const std::string>;  // numbers as they come out of the graph

  explicit RowMemory(std::size_t room) : room_(room) {}

  // Null: they are not there.
  States find(std::string_view key) {
    const auto found = places_.find(key);
    if (found == places_.end()) return nullptr;
    kept_.splice(kept_.begin(), kept_, found->second);
    return found->second->states;
  }

  void keep(std::string key, States states) {
    const std::size_t size = key.size() + states->size();
    if (size > room_ || places_.contains(key)) return;
    while (taken_ + size > room_) forget_oldest();
    taken_ += size;
    kept_.push_front({std::move(key), std::move(states)});
    places_.emplace(kept_.front().key, kept_.begin());
  }

  std::size_t taken() const { return taken_; }

 private:
  struct Kept {
    std::string key;
    States states;
  };
  void forget_oldest() {
    taken_ -= kept_.back().key.size() + kept_.back().states->size();
    places_.erase(kept_.back().key);
    kept_.pop_back();
  }

  const std::size_t room_;
  std::size_t taken_ = 0;
  std::list<Kept> kept_;  // the newest first
  std::unordered_map<std::string_view, std::list<Kept>::iterator> places_;
};

}  // namespace gatehouse::adapters
