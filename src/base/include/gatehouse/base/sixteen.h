// base/sixteen.h — sixteen characters, looked at at once, on every machine for which the compiler knows how.
// Threads  pure functions
#pragma once
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace gatehouse {

// Comparing two of them gives one that has all bits of a character set where it is so.
using Sixteen [[gnu::vector_size(16)]] = unsigned char;

inline Sixteen sixteen_at(const char* text) {
  Sixteen read;
  std::memcpy(&read, text, sizeof read);
  return read;
}
inline Sixteen sixteen_times(unsigned char c) { return Sixteen{c, c, c, c, c, c, c, c, c, c, c, c, c, c, c, c}; }

// Of what a comparison gave: the first one where it is so; 16: none.
template <class Compared>
std::size_t first_of(const Compared& compared) {
  static_assert(sizeof compared == sizeof(Sixteen) && std::endian::native == std::endian::little);
  std::array<std::uint64_t, 2> halves;
  std::memcpy(halves.data(), &compared, sizeof compared);
  if (halves[0] != 0) return static_cast<std::size_t>(std::countr_zero(halves[0])) / 8;
  return 8 + static_cast<std::size_t>(std::countr_zero(halves[1])) / 8;
}
template <class Compared>
bool any_of(const Compared& compared) {
  static_assert(sizeof compared == sizeof(Sixteen));
  std::array<std::uint64_t, 2> halves;
  std::memcpy(halves.data(), &compared, sizeof compared);
  return (halves[0] | halves[1]) != 0;
}

}  // namespace gatehouse
