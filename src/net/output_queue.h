// net/output_queue.h — bytes of answers that the socket has not taken yet.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "make_empty.h"

namespace gatehouse::net {

class OutputQueue {
 public:
  // To append to.
  std::string& tail() { return bytes_; }
  std::string_view unsent() const { return std::string_view(bytes_).substr(taken_); }
  std::size_t size() const { return bytes_.size() - taken_; }
  bool empty() const { return bytes_.size() == taken_; }

  // The socket took the first n.
  void took(std::size_t n) {
    taken_ += n;
    sent_ += n;
    if (empty()) {
      forget();
    } else if (taken_ > compact_above && taken_ > bytes_.size() / 2) {
      bytes_.erase(0, taken_);
      taken_ = 0;
    }
  }
  void clear() {
    bytes_.resize(taken_);
    forget();
  }
  // All that was ever sent.
  std::uint64_t sent() const { return sent_; }

 private:
  static constexpr std::size_t compact_above = 64 * 1024, keep_at_most = 16 * 1024;
  void forget() {
    taken_ = 0;
    make_empty(bytes_, keep_at_most);
  }
  std::string bytes_;
  std::size_t taken_ = 0;
  std::uint64_t sent_ = 0;
};

}  // namespace gatehouse::net
