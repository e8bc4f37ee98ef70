// net/caps.h — how many connections there may be, in all and from one address; who has none (an empty one) counts in all alone.
// Threads  any; a mutex, because it is taken once an accept and never waited for long
#pragma once
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

namespace gatehouse::net {

class ConnectionCaps {
 public:
  enum class Answer { granted, over, flooded };

  ConnectionCaps(std::size_t total, std::size_t per_address) : total_(total), per_address_(per_address) {}

  // granted: a seat. over: a place among the few that are told 503 in peace. flooded: neither.
  Answer admit(const std::string& address) {
    const std::lock_guard lock(mutex_);
    unsigned& from_there = by_address_[address];
    if (open_ < total_ && (from_there < per_address_ || address.empty())) {
      ++open_;
      ++from_there;
      return Answer::granted;
    }
    if (from_there == 0) by_address_.erase(address);
    if (being_refused_ >= refused_at_once) return Answer::flooded;
    ++being_refused_;
    return Answer::over;
  }
  void release(const std::string& address, Answer what) {
    const std::lock_guard lock(mutex_);
    if (what == Answer::over) --being_refused_;
    if (what != Answer::granted) return;
    --open_;
    const auto there = by_address_.find(address);
    if (--there->second == 0) by_address_.erase(there);
  }
  // For those who come from now on.
  void set(std::size_t total, std::size_t per_address) {
    const std::lock_guard lock(mutex_);
    total_ = total;
    per_address_ = per_address;
  }
  std::size_t open() const {
    const std::lock_guard lock(mutex_);
    return open_;
  }

 private:
  static constexpr std::size_t refused_at_once = 64;
  mutable std::mutex mutex_;
  std::size_t total_, per_address_;
  std::size_t open_ = 0, being_refused_ = 0;
  std::unordered_map<std::string, unsigned> by_address_;
};

// A seat that is given back when it goes.
class Seat {
 public:
  Seat(std::shared_ptr<ConnectionCaps> caps, std::string address)
      : caps_(std::move(caps)), address_(std::move(address)), what_(caps_->admit(address_)) {}
  Seat(Seat&&) noexcept = default;
  Seat& operator=(Seat&&) = delete;
  ~Seat() {
    if (caps_) caps_->release(address_, what_);
  }
  ConnectionCaps::Answer what() const { return what_; }

 private:
  std::shared_ptr<ConnectionCaps> caps_;
  std::string address_;
  ConnectionCaps::Answer what_;
};

}  // namespace gatehouse::net
