// wire/json/locate.h — where a document that simdjson refused went wrong; simdjson itself does not say.
// Only on the way that fails, so plain and byte by byte. It agrees with simdjson on what is JSON: the fuzz target holds both together.
#pragma once
#include <cstddef>
#include <string_view>

namespace gatehouse::wire {

enum class JsonFault { none, syntax, number_range, depth };

struct LocatedFault {
  JsonFault fault = JsonFault::none;
  std::size_t offset = 0;  // of the first byte with which no document could go on; the size where the end came too early
};

LocatedFault locate_fault(std::string_view bytes, std::size_t max_depth);

// The offset of the opening quote of string number n (keys count) in a well-formed document.
std::size_t offset_of_string(std::string_view bytes, std::size_t n);

}  // namespace gatehouse::wire
