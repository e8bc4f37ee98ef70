// telemetry/byte_writer.h — values one behind the other, so that they can be told apart again: eight bytes a number, little-endian, and the
// length before each text.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace gatehouse::telemetry {

inline void put_number(std::string& bytes, std::uint64_t number) {
  for (unsigned shift = 0; shift < 64; shift += 8) bytes.push_back(static_cast<char>(number >> shift & 0xffU));
}

inline void put_text(std::string& bytes, std::string_view text) {
  put_number(bytes, text.size());
  bytes.append(text);
}

}  // namespace gatehouse::telemetry
