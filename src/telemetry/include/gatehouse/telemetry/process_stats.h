// telemetry/process_stats.h — what the kernel says about a process.
// Errors   process_unreadable: there is no such process, or it is not ours to look at
#pragma once
#include <sys/types.h>

#include <cstdint>

#include "gatehouse/base/result.h"

namespace gatehouse::telemetry {

struct ProcessStats {
  std::uint64_t resident_bytes = 0;
  std::uint64_t open_fds = 0;
};

// pid 0 is this process.
Result<ProcessStats> process_stats(pid_t pid = 0);
// Of a process whose descriptors may not be ours to look at, too: a child that has given up its rights.
Result<std::uint64_t> resident_bytes(pid_t pid = 0);

}  // namespace gatehouse::telemetry
