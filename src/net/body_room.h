// net/body_room.h — how much memory all bodies of a server may take together while they are read and looked at.
// Units    bytes
// Threads  any: one atomic, touched only when a body has outgrown what it took before
#pragma once
#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>

namespace gatehouse::net {

class BodyRooms {
 public:
  explicit BodyRooms(std::size_t most) : most_(most) {}
  bool take(std::size_t bytes) {
    if (taken_.fetch_add(bytes, std::memory_order_relaxed) + bytes <= most_) return true;
    give_back(bytes);
    return false;
  }
  void give_back(std::size_t bytes) { taken_.fetch_sub(bytes, std::memory_order_relaxed); }
  std::size_t taken() const { return taken_.load(std::memory_order_relaxed); }

 private:
  const std::size_t most_;
  std::atomic<std::size_t> taken_{0};
};

// The room of one body; given back when it goes.
class BodyRoom {
 public:
  explicit BodyRoom(std::shared_ptr<BodyRooms> rooms) : rooms_(std::move(rooms)) {}
  ~BodyRoom() { leave(); }
  BodyRoom(const BodyRoom&) = delete;
  BodyRoom& operator=(const BodyRoom&) = delete;

  // False when there is no room for a body of that size; then it has what it had. Small bodies need none.
  bool hold(std::size_t bytes) {
    if (bytes <= free_of_charge || bytes <= held_) return true;
    const std::size_t wanted = (bytes / step + 1) * step;
    if (!rooms_->take(wanted - held_)) return false;
    held_ = wanted;
    return true;
  }
  void leave() {
    if (held_ > 0) rooms_->give_back(std::exchange(held_, std::size_t{0}));
  }

 private:
  static constexpr std::size_t free_of_charge = 64 * 1024, step = 256 * 1024;
  const std::shared_ptr<BodyRooms> rooms_;
  std::size_t held_ = 0;
};

}  // namespace gatehouse::net
