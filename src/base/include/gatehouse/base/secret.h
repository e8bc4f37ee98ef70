// base/secret.h — a value that must not be printed. expose() is the one way to it, and easy to grep for.
#pragma once
#include <string>
#include <utility>

namespace gatehouse {

// Overwrites memory in a way that the compiler may not drop.
void wipe(void* memory, std::size_t size);
// All that it has room for: a short text that was moved from still stands in the object, the end of a longer one behind a shorter.
void wipe(std::string& text);

template <class T>
class Secret {
 public:
  explicit Secret(T value) : value_(std::move(value)) { wipe(value); }
  Secret(Secret&& other) noexcept : value_(std::move(other.value_)) { wipe(other.value_); }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      wipe(value_);
      value_ = std::move(other.value_);
      wipe(other.value_);
    }
    return *this;
  }
  Secret(const Secret&) = default;
  Secret& operator=(const Secret&) = default;
  ~Secret() { wipe(value_); }

  const T& expose() const { return value_; }

 private:
  T value_;
};

}  // namespace gatehouse
