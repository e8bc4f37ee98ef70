// base/secret.h — a value that must not be printed. expose() is the one way to it, and easy to grep for.
#pragma once
#include <string>
#include <utility>

namespace gatehouse {

// Overwrites memory in a way that the compiler may not drop.
void wipe(void* memory, std::size_t size);

template <class T>
class Secret {
 public:
  explicit Secret(T value) : value_(std::move(value)) { clear(value); }
  Secret(Secret&& other) noexcept : value_(std::move(other.value_)) { clear(other.value_); }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      clear(value_);
      value_ = std::move(other.value_);
      clear(other.value_);
    }
    return *this;
  }
  Secret(const Secret&) = default;
  Secret& operator=(const Secret&) = default;
  ~Secret() { clear(value_); }

  const T& expose() const { return value_; }

 private:
  // All that it has room for: a short text that was moved from still stands in the object, the end of a longer one behind a shorter.
  static void clear(T& value) {
    value.resize(value.capacity());
    wipe(value.data(), value.size() * sizeof(*value.data()));
    value.clear();
  }
  T value_;
};

}  // namespace gatehouse
