// net/make_empty.h — a string made empty, its memory kept for the next use unless it has grown large.
#pragma once
#include <cstddef>
#include <string>

namespace gatehouse::net {

inline void make_empty(std::string& bytes, std::size_t keep_at_most) {
  bytes.clear();
  if (bytes.capacity() > keep_at_most) bytes.shrink_to_fit();  // assigning an empty string would keep the memory
}

}  // namespace gatehouse::net
