// base/settable.h — what may be said to be nothing, which is not the same as to say nothing.
// Threads  value type
#pragma once
#include <optional>

namespace gatehouse {

template <class T>
struct Settable {
  bool said = false;
  std::optional<T> value;
};

}  // namespace gatehouse
