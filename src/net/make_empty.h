// net/make_empty.h — a string made empty, its memory kept for the next use unless it has grown large.
#pragma once
#include <cstddef>
#include <string>

namespace gatehouse::net {

inline void make_empty(std::string& bytes, std::size_t keep_at_most) {
  if (bytes.capacity() > keep_at_most) {
    std::string().swap(bytes);  // an assignment would keep the memory: libstdc++ copies short strings
  } else {
    bytes.clear();
  }
}

}  // namespace gatehouse::net
