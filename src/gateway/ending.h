// gateway/ending.h — how far the end of the process has come.
// Threads  set from any thread, read on every reactor
#pragma once
#include <atomic>

namespace gatehouse::gateway {

struct Ending {
  std::atomic<bool> draining{false};   // nothing new; what runs may finish
  std::atomic<bool> cut_short{false};  // what runs is told that it will not
};

}  // namespace gatehouse::gateway
