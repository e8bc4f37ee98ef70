// app/machine_memory.h — memory of the machine, or of the tightest control group that this process is in.
// Rules    what can be had without swapping: caches of files are given back where somebody needs the room
// Threads  reads a few small files of the kernel: workers and commands
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>

namespace gatehouse::app {

struct MachineMemory {
  std::uint64_t all_bytes = 0, free_bytes = 0;
};

MachineMemory machine_memory();

// The same, read from other places. groups: where control groups are mounted; group: ours, as "/a/b", below that.
MachineMemory memory_of(const std::filesystem::path& meminfo, const std::filesystem::path& groups, const std::string& group);

}  // namespace gatehouse::app
