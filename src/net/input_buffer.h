// net/input_buffer.h — received bytes that nobody has taken yet. Small while a connection idles, larger while a body comes.
#pragma once
#include <algorithm>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

namespace gatehouse::net {

class InputBuffer {
 public:
  static constexpr std::size_t small = 4 * 1024, large = 64 * 1024;

  std::string_view view() const { return {bytes_.get() + begin_, end_ - begin_}; }
  std::size_t size() const { return end_ - begin_; }
  bool full() const { return size() >= large; }

  // Room for more; grows to large when small was filled by the last read. full() must be false.
  std::span<char> room() {
    if (begin_ == end_) begin_ = end_ = 0;
    if (capacity_ == 0) {
      reserve(small);
    } else if (was_filled_ && capacity_ < large) {
      reserve(large);
    } else if (end_ == capacity_) {
      begin_ > 0 ? compact() : reserve(large);
    }
    return {bytes_.get() + end_, capacity_ - end_};
  }
  void commit(std::size_t n) {
    end_ += n;
    was_filled_ = end_ == capacity_;
  }
  void consume(std::size_t n) { begin_ += n; }
  void clear() { begin_ = end_ = 0; }
  // Gives the memory of a large body back.
  void settle() {
    if (capacity_ <= small || size() > small) return;
    was_filled_ = false;
    reserve(small);
  }

 private:
  void compact() {
    std::memmove(bytes_.get(), bytes_.get() + begin_, size());
    end_ -= begin_;
    begin_ = 0;
  }
  void reserve(std::size_t capacity) {
    auto next = std::make_unique_for_overwrite<char[]>(capacity);
    const std::size_t held = size();
    if (held > 0) std::memcpy(next.get(), bytes_.get() + begin_, held);
    bytes_ = std::move(next);
    capacity_ = capacity;
    begin_ = 0;
    end_ = held;
  }
  std::unique_ptr<char[]> bytes_;
  std::size_t capacity_ = 0, begin_ = 0, end_ = 0;
  bool was_filled_ = false;
};

}  // namespace gatehouse::net
