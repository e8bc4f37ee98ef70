// wire/llm/stop_list.h — the strings at which an answer ends, as every dialect takes them: one string or a list of up to four.
// Units    each 1 to 1 000 code points
// Threads  value type
#pragma once
#include <cstddef>
#include <string>
#include <vector>

namespace gatehouse::wire {

struct StopList {
  static constexpr std::size_t most = 4;
  static constexpr std::size_t longest = 1000;
  std::vector<std::string> strings;
};

}  // namespace gatehouse::wire
